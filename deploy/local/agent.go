package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/child"
	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api/client"
	"github.com/optiinfra/performance-agent/workflows"
)

// startAgent starts the API and the worker as processes of their own, as in
// production: the worker can be killed without the rest noticing.
func (s *stack) startAgent(ctx context.Context, _ scenario) error {
	env := []string{
		"TEMPORAL_ADDRESS=" + s.at.temporalAddr(),
		"PERFAGENT_DATABASE_URL=sqlite:" + s.path("agent.db"),
		"PERFAGENT_LISTEN=" + loopback(s.at.api),
		"PERFAGENT_PROBE_LISTEN=" + loopback(s.at.probe),
		"PERFAGENT_WEB_UI_URL=http://" + loopback(s.at.ui),
		"PERFAGENT_STATE_DIR=" + s.path("engines"),
		"PERFAGENT_ENGINE_LAUNCHER=" + strings.Join(s.launcher(s.tools.llmsim), " "),
	}
	s.server = child.New(s.path("logs"), "server", env, s.tools.server)
	s.worker = child.New(s.path("logs"), "worker", env, s.tools.worker)
	if err := s.server.Start(); err != nil {
		return err
	}
	if err := s.server.AwaitReady(ctx, time.Minute, func(ctx context.Context) error {
		_, err := s.api.HealthReady(ctx)
		return err
	}); err != nil {
		return err
	}
	key, err := os.ReadFile(s.keyFile())
	if err != nil {
		return fmt.Errorf("read the server's first key: %w", err)
	}
	s.api = s.api.With(client.Key(strings.TrimSpace(string(key))))
	return s.startWorker(ctx)
}

// keyFile is where the server leaves the first admin's key.
func (s *stack) keyFile() string { return filepath.Join(s.path("engines"), "bootstrap-key") }

// startWorker returns when the worker polls its queues.
func (s *stack) startWorker(ctx context.Context) error {
	if err := s.worker.Start(); err != nil {
		return err
	}
	return s.worker.AwaitReady(ctx, time.Minute, s.workerLives)
}

// workerLives asks the worker's probe, which answers 204 and nothing else.
func (s *stack) workerLives(ctx context.Context) error {
	probe, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+loopback(s.at.probe)+"/health/live", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(probe)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the worker's probe: %s", answer.Status)
	}
	return nil
}

// registerFleet tells the agent about the fleet, over the API.
func (s *stack) registerFleet(ctx context.Context, sc scenario) error {
	fleet, err := s.fleet(sc.flags)
	if err != nil {
		return err
	}
	input, err := as[client.FleetInput](fleet)
	if err != nil {
		return err
	}
	// A person would give the command line that the engine was started with.
	input.Config, input.CommandLine = nil, strings.Join(s.setup.command(sc.flags), " ")
	if _, err := s.api.CreateFleet(ctx, input); err != nil {
		return fmt.Errorf("register the fleet: %w", err)
	}
	if _, err := s.api.StartMonitor(ctx, fleetName, nil); err != nil {
		return fmt.Errorf("start the monitor: %w", err)
	}
	return nil
}

// runOptions are a run shortened to some minutes. Production takes the defaults,
// whose stages last 10 minutes and more. No replica is driven beyond 32
// requests/s, about five times what the badly tuned one carries: the engines, the
// load generator and all else share this machine's cores, and what they cannot
// deliver together would be blamed on an engine.
func runOptions() workflows.OptimizeOptions {
	j := judge.DefaultConfig()
	j.MinSamples = 20
	return workflows.OptimizeOptions{
		ObserveSeconds: 12, MaxTrials: 6,
		Trial: workflows.TrialPlan{StepSeconds: 4, MinRequests: 25, WarmupSeconds: 1, Resolution: 0.3, MaxSteps: 5, MaxRate: 32},
		Rollout: workflows.Plan{Weights: []int{5, 25, 50, 100}, MinStageSeconds: 10, MaxStageSeconds: 90, WarmupSeconds: 2,
			TickSeconds: 3, BakeSeconds: 12, HumanTimeoutSeconds: 60, DrainSeconds: 30, Judge: j},
	}
}

// startRun starts the optimization through the REST API.
func (s *stack) startRun(ctx context.Context) (*client.RunRecord, error) {
	options, err := as[client.OptimizeOptions](runOptions())
	if err != nil {
		return nil, err
	}
	run, err := s.api.StartRun(ctx, fleetName, &options)
	if err != nil {
		return nil, fmt.Errorf("start the run: %w", err)
	}
	return run, nil
}

// run is the run's record in our own words.
func (s *stack) run(ctx context.Context, id string) (serving.RunRecord, error) {
	view, err := s.api.GetRun(ctx, id)
	if err != nil {
		return serving.RunRecord{}, err
	}
	return as[serving.RunRecord](view)
}

// gather collects what happened from the API and the router.
func (s *stack) gather(ctx context.Context, id string, brokenUnix float64) (facts, error) {
	run, err := s.run(ctx, id)
	if err != nil {
		return facts{}, err
	}
	trials, err := s.api.ListTrials(ctx, id, client.ListTrialsParams{})
	if err != nil {
		return facts{}, err
	}
	generation, _ := run.Times["generation_seconds"].(float64)
	f := facts{Outcome: run.Outcome, Reason: run.Reason, RunID: run.ID, WorkflowID: run.WorkflowID, Baseline: sideOf(run.Baseline),
		Winner: sideOf(run.Winner), Trials: len(trials.Items), Stages: []stageFact{}, Generation: generation,
		Production: s.users.count(), Simulated: "engines, GPU and traffic are simulated", findings: run.Findings}
	if run.Gain != nil {
		f.Improvement = &improvement{ThroughputRatio: run.Gain.ThroughputRatio, E2EP95Reduction: run.Gain.E2EP95Reduction}
	}
	if err := s.gatherRollout(ctx, run.RolloutID, brokenUnix, &f); err != nil {
		return f, err
	}
	return f, s.gatherEnd(ctx, &f)
}

func (s *stack) gatherRollout(ctx context.Context, id string, brokenUnix float64, f *facts) error {
	if id == "" {
		return nil
	}
	view, err := s.api.GetRollout(ctx, id)
	if err != nil {
		return err
	}
	rollout, err := as[serving.RolloutRecord](view)
	if err != nil {
		return err
	}
	f.Violation = violationOf(&rollout, brokenUnix)
	stages, err := s.api.ListStages(ctx, id, client.ListStagesParams{})
	if err != nil {
		return err
	}
	for _, st := range stages.Items {
		f.Stages = append(f.Stages, stageFact{Weight: int(st.Weight), Verdict: serving.Verdict(st.Judgement.Verdict), Reason: st.Judgement.Reason})
	}
	return nil
}

// gatherEnd reads the split from the router itself and what still runs from the
// provisioner.
func (s *stack) gatherEnd(ctx context.Context, f *facts) error {
	f.Weights = s.gateway.Traffic().Weights.Shares
	running, err := s.engines.Describe(ctx, serving.Fleet{Name: fleetName})
	if err != nil {
		return fmt.Errorf("describe what runs: %w", err)
	}
	for _, v := range running {
		f.Variants = append(f.Variants, v.Variant)
	}
	return nil
}

// printAddresses names the report of a run too, once there is one.
func (s *stack) printAddresses(run string) {
	fmt.Printf(`
Live page         http://%s/   sign in with the API key; follows, approves, pauses and rolls back
Temporal Web UI   http://%s   (workflows optimize:%s, rollout:%s, monitor:%s)
API               http://%s   docs at /docs, contract at /openapi.json
API key           %s   send it as Authorization: Bearer KEY
Fleet (gateway)   http://%s   weights at http://%s/admin/traffic
Signal it         %s workflow signal --address %s --workflow-id rollout:%s --name rollback --input '{}'
Logs and state    %s

`, loopback(s.at.api), loopback(s.at.ui), fleetName, fleetName, fleetName, loopback(s.at.api), s.keyFile(), loopback(s.at.gateway), loopback(s.at.admin),
		s.tools.temporal, s.at.temporalAddr(), fleetName, s.dir)
	if run != "" {
		fmt.Printf("Report            http://%s/api/v1/runs/%s/report   sign in with the API key\n", loopback(s.at.api), run)
	}
}
