package canary

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

const fleetName = "simulated"

// production is everything outside the workflows, simulated: router, provisioner,
// engines' pages and store. Its clock is that of the workflow.
type production struct {
	mu      sync.Mutex
	now     func() float64
	plant   Plant
	seed    uint64
	fleet   serving.Fleet
	weights serving.Weights
	arms    map[serving.Variant]*arm
	runs    map[serving.Variant]serving.VariantStatus
	stages  []serving.StageRecord
}

func newProduction(p Plant, seed uint64, now func() float64) *production {
	fleet := serving.Fleet{Name: fleetName, Replicas: 8, Hardware: serving.Hardware{GPU: "H100", GPUs: 1},
		Config: serving.EngineConfig{Engine: serving.VLLM, Model: "meta-llama/Llama-3.1-8B-Instruct"},
		SLOs: []serving.Objective{
			{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 1},
			{Name: "itl-p95", Metric: serving.MetricITL, Quantile: 0.95, Threshold: 0.05},
			{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.03}},
		Policy: serving.Policy{AutoApprove: true}}
	w := &production{now: now, plant: p.withDefaults(), seed: seed, fleet: fleet, weights: serving.AllStable(1),
		arms: map[serving.Variant]*arm{}, runs: map[serving.Variant]serving.VariantStatus{}}
	w.start(serving.Stable, fleet.Config, fleet.Replicas)
	return w
}

func (w *production) start(v serving.Variant, config serving.EngineConfig, replicas int) serving.VariantStatus {
	if w.arms[v] == nil {
		w.arms[v] = newArm(v, w.plant, w.seed, w.now())
	}
	status := serving.VariantStatus{Variant: v, Config: config, ReadySeconds: 1}
	for i := range replicas {
		status.Endpoints = append(status.Endpoints, fmt.Sprintf("http://%s-%d", v, i))
	}
	w.runs[v] = status
	return status
}

// advance brings all arms up to the present under the split in force.
func (w *production) advance() {
	weight := w.weights.Of(serving.Canary)
	for _, v := range variants {
		a := w.arms[v]
		if a == nil {
			continue
		}
		rate := w.plant.Rate * float64(w.weights.Of(v)) / 100
		if v == serving.Canary && w.plant.NoTraffic {
			rate = 0
		}
		a.advance(w.now(), rate, weight)
	}
}

var variants = []serving.Variant{serving.Stable, serving.Canary, serving.Baseline}

// Traffic, SetWeights, SetEndpoints, Observe and Counters are the router.

func (w *production) Traffic(context.Context, serving.Fleet) (serving.Traffic, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := serving.Traffic{Weights: w.weights}
	for _, v := range variants {
		t.Backends = append(t.Backends, serving.Backend{Variant: v, Endpoints: w.runs[v].Endpoints})
	}
	return t, nil
}

func (w *production) SetWeights(_ context.Context, _ serving.Fleet, to serving.Weights) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance()
	w.weights = to
	for _, a := range w.arms {
		a.finished = nil // nobody looks back beyond a shift
	}
	return nil
}

func (w *production) SetEndpoints(context.Context, serving.Fleet, serving.Variant, []string) error {
	return nil
}

func (w *production) Observe(_ context.Context, _ serving.Fleet, since, until float64) ([]serving.ArmObservation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance()
	if w.plant.Unsampled {
		return nil, serving.ErrNoSamples
	}
	var out []serving.ArmObservation
	for _, v := range variants {
		if a := w.arms[v]; a != nil {
			out = append(out, a.observe(since, until))
		}
	}
	return out, nil
}

func (w *production) Counters(context.Context, serving.Fleet) ([]serving.ArmCounters, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance()
	var out []serving.ArmCounters
	for _, v := range variants {
		if a := w.arms[v]; a != nil {
			out = append(out, a.routed)
		}
	}
	return out, nil
}

// Watch reads the engines' pages. The first replica of a variant counts for all.
func (w *production) Watch(_ context.Context, _ serving.Fleet, endpoints []string, _ float64) ([][]serving.Reading, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance()
	var out [][]serving.Reading
	for i, endpoint := range endpoints {
		var v serving.Variant
		for _, of := range variants {
			if i < len(w.runs[of].Endpoints) && w.runs[of].Endpoints[i] == endpoint {
				v = of
			}
		}
		a := w.arms[v]
		lost := w.plant.MetricsLost > 0 && w.arms[serving.Canary] != nil && w.now()-w.arms[serving.Canary].born > w.plant.MetricsLost
		if a == nil || w.plant.NoMetrics || lost {
			return nil, errors.New("connection refused")
		}
		reading := a.reading(w.now(), endpoint, a.ill(w.now(), w.weights.Of(serving.Canary)))
		if i > 0 {
			idle := emptyPage()
			idle.TakenUnix, idle.Endpoint, idle.ProcessStartedUnix = reading.TakenUnix, endpoint, serving.Known(a.born)
			idle.KVUsage, idle.Waiting, idle.Running = reading.KVUsage, reading.Waiting, reading.Running
			reading = idle
		}
		out = append(out, []serving.Reading{reading})
	}
	return out, nil
}

// Ensure, Remove and Describe are the provisioner.

func (w *production) Ensure(_ context.Context, _ serving.Fleet, spec serving.VariantSpec) (serving.VariantStatus, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if spec.Variant == serving.Baseline && w.plant.NoBaseline {
		return serving.VariantStatus{}, fmt.Errorf("no GPU is free: %w", serving.ErrPermanent)
	}
	w.advance()
	return w.start(spec.Variant, spec.Config, spec.Replicas), nil
}

func (w *production) Remove(_ context.Context, _ serving.Fleet, v serving.Variant) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.runs, v)
	delete(w.arms, v)
	return nil
}

func (w *production) Describe(context.Context, serving.Fleet) ([]serving.VariantStatus, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []serving.VariantStatus
	for _, v := range variants {
		dead := v == serving.Canary && w.plant.DiesAfter > 0 && w.arms[v] != nil && w.now()-w.arms[v].born > w.plant.DiesAfter
		if status, ok := w.runs[v]; ok && !dead {
			out = append(out, status)
		}
	}
	return out, nil
}

// The rest is the store; only stages are looked at.

// SLOTallies are of a fleet whose error budget is whole.
func (w *production) SLOTallies(context.Context, string, time.Time) ([]slo.Tally, error) {
	return nil, nil
}
func (w *production) Fleet(context.Context, string) (serving.Fleet, error) { return w.fleet, nil }
func (w *production) SetFleetConfig(context.Context, string, serving.EngineConfig) error {
	return nil
}
func (w *production) SaveRun(context.Context, serving.RunRecord) error               { return nil }
func (w *production) SaveTrial(context.Context, serving.TrialRecord) error           { return nil }
func (w *production) SaveAnalysis(context.Context, serving.AnalysisRecord) error     { return nil }
func (w *production) SaveLoadTest(context.Context, serving.LoadTestRecord) error     { return nil }
func (w *production) SaveValidation(context.Context, serving.ValidationRecord) error { return nil }
func (w *production) SaveInsight(context.Context, serving.Insight) error             { return nil }
func (w *production) SaveOccurrence(context.Context, serving.Occurrence) error       { return nil }
func (w *production) SaveRollout(context.Context, serving.RolloutRecord) error       { return nil }
func (w *production) AbandonRollout(context.Context, serving.Abandoned) error        { return nil }
func (w *production) SaveViolation(context.Context, serving.ViolationRecord) error   { return nil }
func (w *production) ResolveViolation(context.Context, string, time.Time) error      { return nil }
func (w *production) AppendEvent(context.Context, serving.EventRecord) error         { return nil }
func (w *production) AppendAudit(context.Context, serving.AuditRecord) error         { return nil }
func (w *production) SaveStage(_ context.Context, s serving.StageRecord) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stages = append(w.stages, s)
	return nil
}
