package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
	"github.com/optiinfra/performance-agent/workflows"
)

const fleetName = "chat"

// world is everything outside the workflows, in memory: it behaves like a router
// with fencing, a provisioner, an engine under load and a store, and it records
// every write in order.
type world struct {
	mu       sync.Mutex
	fleet    serving.Fleet
	weights  serving.Weights
	pools    map[serving.Variant][]string
	running  map[serving.Variant]serving.EngineConfig
	writes   []string
	events   []serving.EventRecord
	runs     []serving.RunRecord
	rollouts []serving.RolloutRecord
	stages   []serving.StageRecord
	trials   []serving.TrialRecord
	opened   []serving.ViolationRecord
	// abandoned are the rollouts whose records somebody else closed.
	abandoned []serving.Abandoned
	// slotAsks and slotReturns are what the coordinator was told.
	slotAsks    int
	slotReturns []serving.SlotRequest
	slotHolders []serving.SlotRequest // by their own account

	// around is called before and after each write, outside the lock.
	around func(n int, write string, after bool)
	// gate answers webhook gates; nil is a service that does not decide.
	gate  func(serving.GateQuestion) (serving.GateAnswer, error)
	asked []serving.GateQuestion
	// refuse returns the error with which a write fails.
	refuse func(write string) error
	// canary is how the canary answers.
	canary arm
	// capacity is the goodput of a configuration, by its key, in requests/s.
	capacity func(serving.EngineConfig) float64
	ladders  []serving.LadderSpec
	// ladder, where it is set, is what a load sees instead of the capacity.
	ladder func(serving.EngineConfig) serving.LadderResult
	// begins, where it is set, is called before a load on a slot of staging.
	begins func(slot serving.Variant)
	// wrong is the share of answers, 0..1, that a configuration gets wrong.
	wrong func(serving.EngineConfig) float64
	// broken names the smoke check that a configuration fails, "" for none.
	broken      func(serving.EngineConfig) string
	answers     map[string]serving.AnswerRecord
	validations []serving.ValidationRecord
	// ready is how long a configuration takes to start, in seconds.
	ready func(serving.EngineConfig) float64
	// mute makes engines refuse prompts, and crash is what the load ends with.
	mute  bool
	crash func(serving.EngineConfig) error
	// counted and tallies are the events of objectives, written and read.
	counted []slo.Count
	tallies []slo.Tally
	notices []serving.Notice // what people were told
	audit   []serving.AuditRecord
	// advisor is the language model, nil for none; exchanges and insights are what
	// was kept of it.
	advisor   activities.LanguageModel
	exchanges []serving.AdvisorExchange
	insights  []serving.Insight
	// schedule is the only one; occurrences are what became of it, and stopped the
	// clocks that were ended.
	schedule    *serving.Schedule
	occurrences []serving.Occurrence
	stopped     []string
	ownership   serving.Ownership
}

type arm struct {
	samples int
	ttft    float64
	failed  int
}

func newWorld() *world {
	old := vllmConfig("--enforce-eager", "--max-num-seqs", "16")
	return &world{
		fleet: serving.Fleet{Name: fleetName, Config: old, Hardware: serving.Hardware{GPU: "H100", GPUs: 1}, Replicas: 2,
			SLOs:     []serving.Objective{{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 1}},
			Policy:   serving.Policy{AutoApprove: true},
			Workload: &serving.Workload{RatePerSecond: 6, PromptTokens: serving.Lengths{Mean: 512, CV: 0.3}, OutputTokens: serving.Lengths{Mean: 128, CV: 0.3}}},
		weights:  serving.AllStable(7),
		pools:    map[serving.Variant][]string{serving.Stable: {"http://s1", "http://s2"}},
		running:  map[serving.Variant]serving.EngineConfig{serving.Stable: old},
		canary:   arm{samples: 200, ttft: 0.1},
		capacity: func(serving.EngineConfig) float64 { return 5 },
		wrong:    func(serving.EngineConfig) float64 { return 0 },
		broken:   func(serving.EngineConfig) string { return "" },
		ready:    func(serving.EngineConfig) float64 { return 1 },
		answers:  map[string]serving.AnswerRecord{},
	}
}

func vllmConfig(args ...string) serving.EngineConfig {
	c, err := vllm.New().Parse(append([]string{"vllm", "serve", "meta-llama/Llama-3.1-8B-Instruct"}, args...))
	if err != nil {
		panic(err)
	}
	return c
}

// candidate is the configuration that rollouts in these tests go to.
func candidate() serving.EngineConfig { return vllmConfig("--max-num-seqs", "256") }

// write records an effect, lets the test interfere around it, and performs it.
func (w *world) write(ctx context.Context, name string, effect func()) error {
	w.mu.Lock()
	n := len(w.writes)
	w.writes = append(w.writes, name)
	around, refuse := w.around, w.refuse
	w.mu.Unlock()
	if around != nil {
		around(n, name, false)
	}
	if refuse != nil {
		if err := refuse(name); err != nil {
			return err
		}
	}
	w.mu.Lock()
	effect()
	w.mu.Unlock()
	if around != nil {
		around(n, name, true)
	}
	return nil
}

func (w *world) written() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.writes)
}

// Traffic, SetWeights, SetEndpoints and Observe are the router.

func (w *world) Traffic(context.Context, serving.Fleet) (serving.Traffic, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := serving.Traffic{Weights: w.weights}
	for _, v := range []serving.Variant{serving.Stable, serving.Canary, serving.Baseline} {
		t.Backends = append(t.Backends, serving.Backend{Variant: v, Endpoints: w.pools[v]})
	}
	return t, nil
}

func (w *world) SetWeights(ctx context.Context, _ serving.Fleet, to serving.Weights) error {
	w.mu.Lock()
	stale := to.Revision < w.weights.Revision || to.Revision == w.weights.Revision && !to.SameSplit(w.weights)
	w.mu.Unlock()
	if stale {
		return fmt.Errorf("stale revision %d: %w", to.Revision, serving.ErrPermanent)
	}
	if empty := w.emptyWithShare(to); empty != "" {
		return fmt.Errorf("variant %s has no endpoints: %w", empty, serving.ErrPermanent)
	}
	return w.write(ctx, fmt.Sprintf("weights canary=%d", to.Of(serving.Canary)), func() { w.weights = to })
}

// emptyWithShare names a variant that would get requests and has no replica; every
// router refuses that for good.
func (w *world) emptyWithShare(to serving.Weights) serving.Variant {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range to.Shares {
		if s.Percent > 0 && len(w.pools[s.Variant]) == 0 {
			return s.Variant
		}
	}
	return ""
}

func (w *world) SetEndpoints(ctx context.Context, _ serving.Fleet, v serving.Variant, endpoints []string) error {
	return w.write(ctx, fmt.Sprintf("route %s x%d", v, len(endpoints)), func() { w.pools[v] = endpoints })
}

func (w *world) Observe(context.Context, serving.Fleet, float64, float64) ([]serving.ArmObservation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return []serving.ArmObservation{observation(serving.Canary, w.canary),
		observation(serving.Baseline, arm{samples: w.canary.samples, ttft: 0.2}), observation(serving.Stable, arm{samples: w.canary.samples, ttft: 0.2})}, nil
}

// Counters are those of a router that keeps single requests as well: nobody asks.
func (w *world) Counters(context.Context, serving.Fleet) ([]serving.ArmCounters, error) {
	return nil, serving.ErrNoCounters
}

func observation(v serving.Variant, a arm) serving.ArmObservation {
	o := serving.ArmObservation{Variant: v, WindowSeconds: 60, Requests: a.samples, Failed: a.failed}
	for i := range a.samples {
		wobble := 1 + 0.2*float64(i%10)/10
		o.Samples = append(o.Samples, serving.RequestSample{EndedUnix: float64(i), Tokens: 100, Failed: i < a.failed,
			TTFTSeconds: serving.Known(a.ttft * wobble), ITLSeconds: serving.Known(0.01 * wobble), E2ESeconds: serving.Known(a.ttft*wobble + 1)})
	}
	return o
}

// Ensure, Remove and Describe are the provisioner.

func (w *world) Ensure(ctx context.Context, _ serving.Fleet, spec serving.VariantSpec) (serving.VariantStatus, error) {
	status := serving.VariantStatus{Variant: spec.Variant, Config: spec.Config, ReadySeconds: w.ready(spec.Config)}
	standing, name := spec.Replicas, fmt.Sprintf("ensure %s x%d", spec.Variant, spec.Replicas)
	if spec.Updated > 0 {
		standing, name = spec.Updated, fmt.Sprintf("%s up to %d", name, spec.Updated)
	}
	for i := range standing {
		status.Endpoints = append(status.Endpoints, fmt.Sprintf("http://%s%d", spec.Variant, i))
	}
	return status, w.write(ctx, name, func() { w.running[spec.Variant] = spec.Config })
}

func (w *world) Remove(ctx context.Context, _ serving.Fleet, v serving.Variant) error {
	return w.write(ctx, "remove "+string(v), func() { delete(w.running, v) })
}

func (w *world) Describe(context.Context, serving.Fleet) ([]serving.VariantStatus, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []serving.VariantStatus
	for _, v := range []serving.Variant{serving.Stable, serving.Canary, serving.Baseline, serving.Staging, serving.StagingSlot(2)} {
		if config, ok := w.running[v]; ok {
			out = append(out, serving.VariantStatus{Variant: v, Config: config, Endpoints: []string{"http://" + string(v)}})
		}
	}
	return out, nil
}

// Ladder is the load generator: what keeps the SLOs depends on what staging runs.
func (w *world) Ladder(_ context.Context, target, _ string, spec serving.LadderSpec, _ func(serving.LadderStep)) (serving.LadderResult, error) {
	slot := serving.Staging
	if strings.HasPrefix(target, "http://"+string(serving.StagingSlot(2))) {
		slot = serving.StagingSlot(2)
	}
	if w.begins != nil {
		w.begins(slot)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ladders = append(w.ladders, spec)
	config, ok := w.running[slot]
	if !ok {
		return serving.LadderResult{}, errors.New("staging does not run")
	}
	if w.crash != nil {
		if err := w.crash(config); err != nil {
			return serving.LadderResult{}, err
		}
	}
	if w.ladder != nil {
		return w.ladder(config), nil
	}
	good := w.capacity(config)
	e2e := serving.LatencySummary{Count: 100, P95Seconds: 10 / good, P95Low: 9.5 / good, P95High: 10.5 / good}
	return serving.LadderResult{MaxGood: good, MinBad: serving.Known(good * 1.05),
		Reference: serving.LoadResult{RatePerSecond: 3, Requests: 100, E2E: e2e},
		Best:      serving.LoadResult{RatePerSecond: good, GoodputRPS: good, OutputTokensPerSecond: 128 * good, Requests: 100}}, nil
}

// Watch is the scraper: a busy replica, read once.
func (w *world) Watch(_ context.Context, fleet serving.Fleet, endpoints []string, _ float64) ([][]serving.Reading, error) {
	now := float64(time.Now().UnixNano()) / 1e9
	out := make([][]serving.Reading, len(endpoints))
	for i, endpoint := range endpoints {
		out[i] = []serving.Reading{{TakenUnix: now, Endpoint: endpoint, Engine: fleet.Config.Engine, Running: serving.Known(16), Waiting: serving.Known(12),
			KVUsage: serving.Known(0.1), GenerationTokens: serving.Known(now), PromptTokens: serving.Known(now)}}
	}
	return out, nil
}

// The rest is the store.

func (w *world) Fleet(_ context.Context, name string) (serving.Fleet, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if name != w.fleet.Name {
		return serving.Fleet{}, fmt.Errorf("fleet %q not found: %w", name, serving.ErrPermanent)
	}
	return w.fleet, nil
}

func (w *world) SetFleetConfig(ctx context.Context, _ string, config serving.EngineConfig) error {
	return w.write(ctx, "record config", func() { w.fleet.Config = config })
}

func (w *world) SaveSnapshot(context.Context, string, serving.Variant, serving.Snapshot) error {
	return nil
}
func (w *world) SaveAnalysis(context.Context, serving.AnalysisRecord) error { return nil }
func (w *world) SaveValidation(_ context.Context, v serving.ValidationRecord) error {
	return save(w, &w.validations, v)
}
func (w *world) SaveLoadTest(context.Context, serving.LoadTestRecord) error { return nil }
func (w *world) ResolveViolation(context.Context, string, time.Time) error  { return nil }
func (w *world) Owners(context.Context, string) (serving.Ownership, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ownership, nil
}
func (w *world) AbandonRollout(_ context.Context, a serving.Abandoned) error {
	return save(w, &w.abandoned, a)
}

func (w *world) SaveRun(_ context.Context, r serving.RunRecord) error { return save(w, &w.runs, r) }
func (w *world) SaveTrial(_ context.Context, r serving.TrialRecord) error {
	return save(w, &w.trials, r)
}
func (w *world) SaveRollout(_ context.Context, r serving.RolloutRecord) error {
	return save(w, &w.rollouts, r)
}
func (w *world) SaveStage(_ context.Context, r serving.StageRecord) error {
	return save(w, &w.stages, r)
}
func (w *world) SaveViolation(_ context.Context, r serving.ViolationRecord) error {
	return save(w, &w.opened, r)
}
func (w *world) AppendAudit(_ context.Context, r serving.AuditRecord) error {
	return save(w, &w.audit, r)
}

func (w *world) AppendEvent(_ context.Context, e serving.EventRecord) error {
	return save(w, &w.events, e)
}

// RecentTrials and Trials read back what was saved, the former newest first.

func (w *world) RecentTrials(context.Context, string) ([]serving.TrialRecord, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := slices.Clone(w.trials)
	slices.Reverse(out)
	return out, nil
}

func (w *world) Trials(_ context.Context, run string) ([]serving.TrialRecord, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.trials), func(r serving.TrialRecord) bool { return r.RunID != run }), nil
}

func save[T any](w *world, list *[]T, record T) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	*list = append(*list, record)
	return nil
}

// Ask, Return and Open are the coordinator's desk.

func (w *world) Ask(context.Context, serving.SlotRequest) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slotAsks++
	return nil
}

func (w *world) Return(_ context.Context, r serving.SlotRequest) error {
	return save(w, &w.slotReturns, r)
}

func (w *world) Open(context.Context, serving.SlotRequest) (bool, error) { return true, nil }

func (w *world) Holders(context.Context) ([]serving.SlotRequest, error) { return w.slotHolders, nil }

// environment is a workflow environment in which the real activities act on the
// world.
func environment(t *testing.T, w *world) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	return environmentOf(t, &testsuite.WorkflowTestSuite{}, w)
}

func environmentOf(t *testing.T, suite *testsuite.WorkflowTestSuite, w *world) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	env := suite.NewTestWorkflowEnvironment()
	// Both are wall-clock and guard against a hang; a loaded machine must not meet them.
	env.SetTestTimeout(3 * time.Minute)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
	workflows.Register(env)
	measure := activities.NewMetrics(w, w, w)
	engines := known.Engines()
	for _, a := range []any{activities.NewFleets(w), measure, activities.NewAnalysis(engines), activities.NewEvidence(engines, w), activities.NewVariants(w),
		activities.NewTraffic(w), activities.NewLoad(w), activities.NewJudging(w, w, w), activities.NewHistory(w), activities.NewAdmission(w, w), activities.NewNotices(w, w), activities.NewGates(gatekeeper{w}),
		activities.NewSlots(w, 0), activities.NewSchedules(w, w, w), activities.NewRegressions(nil), activities.NewWatch(w, w, measure, w), activities.NewQuality(w, kept{w}),
		activities.NewAdvisor(engines, w.advisor, w, w, 20000)} {
		env.RegisterActivity(a)
	}
	return env
}

// quickPlan is a rollout plan whose times only matter in workflow time.
func quickPlan() workflows.Plan {
	return workflows.Plan{Weights: []int{5, 25, 50, 100}, MinStageSeconds: 30, MaxStageSeconds: 60, WarmupSeconds: 5,
		TickSeconds: 10, BakeSeconds: 30, HumanTimeoutSeconds: 600, DrainSeconds: 1, Judge: judge.DefaultConfig()}
}

// requireAtRest asserts that production is exactly as it was: all traffic on
// stable, stable on the old configuration, nothing else running.
func (w *world) requireAtRest(t *testing.T) {
	t.Helper()
	w.requireOnly(t, vllmConfig("--enforce-eager", "--max-num-seqs", "16"))
}

func (w *world) requireOnly(t *testing.T, config serving.EngineConfig) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.True(t, w.weights.SameSplit(serving.AllStable(0)), "weights are %v", w.weights)
	require.Equal(t, config.Key(), w.running[serving.Stable].Key(), "stable's configuration")
	require.Equal(t, config.Key(), w.fleet.Config.Key(), "recorded configuration")
	require.Len(t, w.running, 1, "variants left running: %v", w.running)
	require.Empty(t, w.pools[serving.Canary])
	require.Empty(t, w.pools[serving.Baseline])
}
