package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api/client"
	"github.com/optiinfra/performance-agent/workflows"
)

// scenario is a start, what goes wrong on the way, and how it should end.
type scenario struct {
	flags []string
	// fault, when given, breaks the canary from its start (brokenAt 0) or some
	// seconds into the stage of that weight.
	fault    string
	brokenAt int
	// crashAt kills the worker with SIGKILL some seconds into the stage of that
	// weight, and starts it again.
	crashAt int
	want    []serving.Outcome
	// promptly means that the violation must be seen within 30 s and traffic
	// restored within 120 s.
	promptly bool
	// again means that the gain must show once more, measured after the run.
	again bool
}

// slowCanary makes every step of the canary's engines take sixteen times as long:
// some 75 ms between tokens, beyond the objective of 50.
const slowCanary = `[{"variant":"canary","kind":"slow","factor":16}]`

func (u setup) scenarios() map[string]scenario {
	promoted := []serving.Outcome{serving.OutcomePromoted}
	return map[string]scenario{
		"mistuned":      {flags: u.mistuned, want: promoted, again: true},
		"defaults":      {flags: u.defaults, want: []serving.Outcome{serving.OutcomePromoted, serving.OutcomeNoImprovement}},
		"already-tuned": {flags: u.tuned, want: []serving.Outcome{serving.OutcomeNoImprovement}},
		"bad-candidate": {flags: u.mistuned, fault: slowCanary, want: []serving.Outcome{serving.OutcomeRolledBack}},
		"slo-violation": {flags: u.mistuned, fault: slowCanary, brokenAt: 25, want: []serving.Outcome{serving.OutcomeRolledBack}, promptly: true},
		"worker-crash":  {flags: u.mistuned, crashAt: 25, want: promoted},
	}
}

func scenarioNames() string { return strings.Join(slices.Sorted(maps.Keys(setup{}.scenarios())), ",") }

// intoStage is how long a stage runs before the scenario interferes.
const intoStage = 5 * time.Second

// play starts the run over the API, interferes as the scenario says, and gathers
// the facts when the run is over.
func (sc scenario) play(ctx context.Context, name string, s *stack) (facts, error) {
	started := time.Now()
	run, err := s.startRun(ctx)
	if err != nil {
		return facts{}, err
	}
	fmt.Printf("run %s started (workflow %s)\n\n", run.ID, run.WorkflowID)
	var brokenUnix float64
	err = s.follow(ctx, run.ID, func(e client.EventRecord) {
		if e.Type != "phase" || e.Data["phase"] != string(workflows.PhaseShifting) {
			return
		}
		weight, _ := e.Data["weight"].(float64)
		switch {
		case sc.brokenAt != 0 && int(weight) == sc.brokenAt && pause(ctx, intoStage) == nil:
			brokenUnix = float64(time.Now().UnixNano()) / 1e9
			s.breakEngines(sc.fault)
		case sc.crashAt != 0 && int(weight) == sc.crashAt && pause(ctx, intoStage) == nil:
			s.crashWorker(ctx)
		}
	})
	if err != nil {
		return facts{}, err
	}
	f, err := s.gather(ctx, run.ID, brokenUnix)
	f.Scenario, f.Wall = name, time.Since(started).Seconds()
	if err == nil && sc.again && f.Improvement != nil {
		f.Improvement.Remeasured, err = s.remeasure(ctx, run.ID)
	}
	return f, err
}

// check says whether the scenario ended as it should.
func (sc scenario) check(f facts) error {
	var wrong []string
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if !slices.Contains(sc.want, f.Outcome) {
		fail("outcome is %s (%s), wanted %v", f.Outcome, f.Reason, sc.want)
	}
	if f.Production.Lost != 0 {
		fail("%d of %d user requests were lost: %v", f.Production.Lost, f.Production.Requests, f.Production.Kinds)
	}
	if f.Production.Requests == 0 {
		fail("no user request was seen")
	}
	if !(serving.Weights{Shares: f.Weights}).SameSplit(serving.AllStable(0)) {
		fail("weights ended at %v", f.Weights)
	}
	if len(f.Variants) != 1 || f.Variants[0] != serving.Stable {
		fail("variants left running: %v", f.Variants)
	}
	if sc.promptly && (f.Violation == nil || f.Violation.Detection > 30 || f.Violation.Restored > 120 || f.Violation.Restored <= 0) {
		fail("violation was not detected within 30 s and restored within 120 s: %+v", f.Violation)
	}
	if f.Outcome == serving.OutcomePromoted && f.Scenario != "defaults" &&
		(f.Improvement == nil || f.Improvement.ThroughputRatio < 3 && f.Improvement.E2EP95Reduction < 0.66) {
		fail("the gain is below 3x throughput and below 66%% latency: %+v", f.Improvement)
	}
	if sc.again && f.Improvement != nil && (f.Improvement.Remeasured == nil || !f.Improvement.Remeasured.Repeats) {
		fail("the gain did not repeat in an independent measurement: %+v", f.Improvement.Remeasured)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("scenario %s did not end as it should: %s", f.Scenario, strings.Join(wrong, "; "))
	}
	fmt.Printf("\nScenario %s ended as it should.\n", f.Scenario)
	return nil
}
