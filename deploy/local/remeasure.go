package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// remeasuredSeed makes requests and arrivals that no trial of a run has seen
// (they use 1 and 2).
const remeasuredSeed = 3

// remeasured is the run's gain measured once more by itself: fresh engines with
// no workflow around them, other requests. Both gains are brackets of one ratio,
// so it repeats when they overlap and the new one is a gain by itself.
type remeasured struct {
	ThroughputRatio float64 `json:"throughput_ratio"`
	Low             float64 `json:"throughput_ratio_low"`
	High            float64 `json:"throughput_ratio_high"` // 0: not bounded above
	RunLow          float64 `json:"run_throughput_ratio_low"`
	RunHigh         float64 `json:"run_throughput_ratio_high"`
	E2EP95Reduction float64 `json:"e2e_p95_reduction"`
	Repeats         bool    `json:"repeats"`
	Why             string  `json:"why"`
}

func (r *remeasured) String() string {
	word := "repeats"
	if !r.Repeats {
		word = "DOES NOT REPEAT"
	}
	return fmt.Sprintf("%.2fx throughput, %s (the run's: %s), E2E p95 %.0f%% lower: the gain %s",
		r.ThroughputRatio, bounds(r.Low, r.High), bounds(r.RunLow, r.RunHigh), 100*r.E2EP95Reduction, word)
}

func bounds(low, high float64) string {
	if high == 0 {
		return fmt.Sprintf("%.2fx or more", low)
	}
	return fmt.Sprintf("%.2fx to %.2fx", low, high)
}

// judgeAgain holds the second measurement against the run's.
func judgeAgain(run, again serving.Comparison, gained bool, why string) *remeasured {
	r := &remeasured{ThroughputRatio: again.ThroughputRatio, Low: again.ThroughputRatioLow, High: again.ThroughputRatioHigh,
		RunLow: run.ThroughputRatioLow, RunHigh: run.ThroughputRatioHigh, E2EP95Reduction: again.E2EP95Reduction, Why: why}
	below := r.High != 0 && r.High < r.RunLow
	above := r.RunHigh != 0 && r.Low > r.RunHigh
	r.Repeats = gained && !below && !above
	return r
}

// remeasure measures the configurations before and after the run on engines of
// their own, one after the other, while production goes on.
func (s *stack) remeasure(ctx context.Context, id string) (*remeasured, error) {
	run, err := s.run(ctx, id)
	if err != nil {
		return nil, err
	}
	if run.Baseline == nil || run.Winner == nil || run.Gain == nil || run.Workload == nil {
		return nil, nil
	}
	fmt.Println("\nMeasuring the gain once more, on other engines and other requests ...")
	before, err := s.measureApart(ctx, run.Baseline.Config, *run.Workload)
	if err != nil {
		return nil, fmt.Errorf("measure the first configuration again: %w", err)
	}
	after, err := s.measureApart(ctx, run.Winner.Config, *run.Workload)
	if err != nil {
		return nil, fmt.Errorf("measure the winner again: %w", err)
	}
	comparison, gained, why := propose.Accept(before, after, runOptions().WithDefaults().MinEffect)
	return judgeAgain(*run.Gain, comparison, gained, why), nil
}

// measureApart starts one replica of a configuration, loads it, and stops it.
func (s *stack) measureApart(ctx context.Context, config serving.EngineConfig, w serving.Workload) (_ serving.Trial, err error) {
	fleet, err := s.fleet(nil)
	if err != nil {
		return serving.Trial{}, err
	}
	fleet.Name, fleet.Config = fleetName+"-again", config
	defer func() {
		if gone := s.engines.Remove(context.WithoutCancel(ctx), fleet, serving.Staging); gone != nil && err == nil {
			err = fmt.Errorf("stop the engine: %w", gone)
		}
	}()
	up, err := s.engines.Ensure(ctx, fleet, serving.VariantSpec{Fleet: fleet.Name, Variant: serving.Staging,
		Config: config, Hardware: fleet.Hardware, Replicas: 1})
	if err != nil {
		return serving.Trial{}, fmt.Errorf("start: %w", err)
	}
	plan := runOptions().WithDefaults().Trial
	w.RatePerSecond /= replicas
	result, err := loadgen.New(loadgen.Options{}).Ladder(ctx, strings.Join(up.Endpoints, ","), model, serving.LadderSpec{
		Base: serving.LoadSpec{Workload: w, DurationSeconds: plan.StepSeconds, WarmupSeconds: plan.WarmupSeconds,
			Seed: remeasuredSeed, RequestTimeoutSeconds: 60},
		Objectives: fleet.SLOs, StepSeconds: plan.StepSeconds, MinRequests: plan.MinRequests,
		MaxRate: plan.MaxRate, Resolution: plan.Resolution, MaxSteps: plan.MaxSteps,
	}, nil)
	if err != nil {
		return serving.Trial{}, fmt.Errorf("load: %w", err)
	}
	return serving.Trial{Candidate: serving.Candidate{Config: config}, Status: serving.TrialMeasured, Result: result}, nil
}
