package workflows

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/propose/search"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// OptimizeInput starts a run on a fleet that the store knows.
type OptimizeInput struct {
	Fleet   string          `json:"fleet"`
	Options OptimizeOptions `json:"options"`
	// RequestedBy is who asked, for the record.
	RequestedBy string `json:"requested_by,omitempty"`
}

// OptimizeOptions are the knobs of a run; a zero field means the default that
// WithDefaults gives it.
type OptimizeOptions struct {
	// Objective is "goodput" (highest rate that keeps the SLOs, the default),
	// "latency" (lowest E2E p95 at the observed rate), "cost" (lowest cost per
	// token) or "pareto" (what no other beats in all three; its knee is the winner).
	Objective string `json:"objective,omitempty"`
	// MinEffect is the least improvement worth a rollout, 0.05 = 5%.
	MinEffect float64 `json:"min_effect,omitempty"`
	// MaxTrials bounds staging measurements, the baseline and the confirmations
	// of the winner included.
	MaxTrials int `json:"max_trials,omitempty"`
	// MaxMinutes and MaxGPUMinutes bound the search with its confirmations, on the
	// clock and in staging replicas; 0 is no bound.
	MaxMinutes    float64 `json:"max_minutes,omitempty"`
	MaxGPUMinutes float64 `json:"max_gpu_minutes,omitempty"`
	// ParallelTrials run at once, each in a staging slot of its own; 1 by default.
	// Their engines must not disturb each other: a GPU each.
	ParallelTrials int `json:"parallel_trials,omitempty"`
	// GPUPricePerHour is in any currency; costs are stated where it is given.
	GPUPricePerHour float64 `json:"gpu_price_per_hour,omitempty"`
	// ObserveSeconds is the window over which production is measured.
	ObserveSeconds float64   `json:"observe_seconds,omitempty"`
	Trial          TrialPlan `json:"trial"`
	Rollout        Plan      `json:"rollout"`
	// ApprovalTimeoutSeconds bounds the wait for a person; after it the run ends
	// rejected. 24 hours by default.
	ApprovalTimeoutSeconds float64 `json:"approval_timeout_seconds,omitempty"`
	// WithoutAdvisor asks no language model in this run.
	WithoutAdvisor bool `json:"without_advisor,omitempty"`
	// Candidates, when given, are tried instead of generated ones.
	Candidates []serving.EngineConfig `json:"candidates,omitempty"`
	// OverrideReason is why the run may begin although an error budget is spent or
	// changes are frozen; "" lets neither pass.
	OverrideReason string `json:"override_reason,omitempty"`
}

// TrialPlan is how long and how finely a candidate is measured.
type TrialPlan struct {
	StepSeconds float64 `json:"step_seconds,omitempty"`
	// ScreenFidelity is the length of a first look as a share of a full trial; 1
	// by default, which measures everything in full.
	ScreenFidelity float64 `json:"screen_fidelity,omitempty"`
	MinRequests    int     `json:"min_requests,omitempty"`
	WarmupSeconds  float64 `json:"warmup_seconds,omitempty"`
	Resolution     float64 `json:"resolution,omitempty"` // where the bisection ends, 0.1 = 10%
	MaxSteps       int     `json:"max_steps,omitempty"`
	MaxRate        float64 `json:"max_rate,omitempty"` // requests/s a replica is never driven beyond
}

// Plan is how a rollout shifts traffic.
type Plan struct {
	// Strategy is "canary" (the default), "blue-green", "ab" or "advisory".
	Strategy Strategy `json:"strategy,omitempty"`
	// AB is for strategy "ab" alone.
	AB *ABPlan `json:"ab,omitempty"`
	// Gates hold the rollout until somebody lets it through; several at one point
	// must all open.
	Gates []Gate `json:"gates,omitempty"`
	// Weights are the canary's percentages, rising, the last one 100.
	Weights []int `json:"weights,omitempty"`
	// MinStageSeconds is the least soak of a stage; it soaks on until enough
	// samples are there, at most MaxStageSeconds, extended once.
	MinStageSeconds float64 `json:"min_stage_seconds,omitempty"`
	MaxStageSeconds float64 `json:"max_stage_seconds,omitempty"`
	// WarmupSeconds after each shift are not judged.
	WarmupSeconds float64 `json:"warmup_seconds,omitempty"`
	TickSeconds   float64 `json:"tick_seconds,omitempty"` // between judgements
	// BakeSeconds is the least soak of the last stage, while the old variant is
	// kept warm to go back to.
	BakeSeconds float64 `json:"bake_seconds,omitempty"`
	// HumanTimeoutSeconds bounds the wait for a person after an inconclusive
	// stage; after it the rollout goes back.
	HumanTimeoutSeconds float64 `json:"human_timeout_seconds,omitempty"`
	// DrainSeconds bounds the wait for running requests of a variant that leaves.
	DrainSeconds float64      `json:"drain_seconds,omitempty"`
	Judge        judge.Config `json:"judge"`
}

// WithDefaults fills the zero fields. The stage times are those of a cautious
// production rollout (field.md 4.8); the local stack gives shorter ones.
func (o OptimizeOptions) WithDefaults() OptimizeOptions {
	setDefault(&o.Objective, "goodput")
	setDefault(&o.MinEffect, 0.05)
	setDefault(&o.MaxTrials, 12)
	setDefault(&o.ObserveSeconds, 60)
	setDefault(&o.ApprovalTimeoutSeconds, 24*3600)
	setDefault(&o.ParallelTrials, 1)
	setDefault(&o.Trial.ScreenFidelity, search.DefaultScreenFidelity)
	setDefault(&o.Trial.StepSeconds, 30)
	setDefault(&o.Trial.MinRequests, 100)
	setDefault(&o.Trial.WarmupSeconds, 5)
	setDefault(&o.Trial.Resolution, 0.1)
	setDefault(&o.Trial.MaxSteps, 10)
	setDefault(&o.Trial.MaxRate, 200)
	o.Rollout = o.Rollout.WithDefaults()
	return o
}

// WithDefaults fills the zero fields.
func (p Plan) WithDefaults() Plan {
	p = p.withStrategy()
	setDefault(&p.MinStageSeconds, 600)
	setDefault(&p.MaxStageSeconds, 3600)
	p.MaxStageSeconds = max(p.MaxStageSeconds, p.MinStageSeconds)
	setDefault(&p.WarmupSeconds, 60)
	setDefault(&p.TickSeconds, 10)
	setDefault(&p.BakeSeconds, 900)
	setDefault(&p.HumanTimeoutSeconds, 4*3600)
	setDefault(&p.DrainSeconds, 120)
	p.Judge = p.Judge.WithDefaults()
	return p
}

// Validate names the field that is wrong and how to mend it.
func (o OptimizeOptions) Validate() error {
	if err := o.validateSearch(); err != nil {
		return err
	}
	switch {
	case o.MinEffect < 0 || o.MinEffect > 1:
		return fmt.Errorf("min_effect: %g must be within 0..1, for example 0.05", o.MinEffect)
	case o.MaxTrials != 0 && (o.MaxTrials < 4 || o.MaxTrials > 100):
		return fmt.Errorf("max_trials: %d must be within 4..100: baseline, one candidate, its repeat and its hold-out are the least", o.MaxTrials)
	case o.ObserveSeconds < 0 || o.ObserveSeconds > 3600:
		return fmt.Errorf("observe_seconds: %g must be within 0..3600", o.ObserveSeconds)
	case len(o.OverrideReason) > 500:
		return fmt.Errorf("override_reason: must have at most 500 characters")
	case o.Trial.StepSeconds < 0 || o.Trial.StepSeconds > 600:
		return fmt.Errorf("trial.step_seconds: %g must be within 0..600", o.Trial.StepSeconds)
	}
	if err := o.Rollout.Validate(); err != nil {
		return fmt.Errorf("rollout.%w", err)
	}
	return nil
}

// mostParallel bounds trials at once: each occupies GPUs.
const mostParallel = 8

func (o OptimizeOptions) validateSearch() error {
	objectives := []string{"", propose.ObjectiveGoodput, propose.ObjectiveLatency, propose.ObjectiveCost, propose.ObjectivePareto}
	switch {
	case !slices.Contains(objectives, o.Objective):
		return fmt.Errorf("objective: %q is unknown, use \"goodput\", \"latency\", \"cost\" or \"pareto\"", o.Objective)
	case o.Objective == propose.ObjectiveCost && o.GPUPricePerHour == 0:
		return fmt.Errorf("gpu_price_per_hour: is needed for the objective \"cost\"; give the price of one GPU and hour")
	case !(o.GPUPricePerHour >= 0):
		return fmt.Errorf("gpu_price_per_hour: %g must not be negative", o.GPUPricePerHour)
	case !(o.MaxMinutes >= 0) || !(o.MaxGPUMinutes >= 0):
		return fmt.Errorf("max_minutes, max_gpu_minutes: must not be negative; leave them out for no bound")
	case o.ParallelTrials < 0 || o.ParallelTrials > mostParallel:
		return fmt.Errorf("parallel_trials: %d must be within 1..%d", o.ParallelTrials, mostParallel)
	case o.Trial.ScreenFidelity != 0 && !(o.Trial.ScreenFidelity >= 0.1 && o.Trial.ScreenFidelity <= 1):
		return fmt.Errorf("trial.screen_fidelity: %g must be within 0.1..1; 1 is the default", o.Trial.ScreenFidelity)
	}
	return nil
}

// Validate names the field that is wrong and how to mend it.
func (p Plan) Validate() error {
	if len(p.Weights) > 0 {
		if !slices.IsSorted(p.Weights) || p.Weights[0] < 1 || p.Weights[len(p.Weights)-1] != 100 ||
			len(slices.Compact(slices.Clone(p.Weights))) != len(p.Weights) {
			return fmt.Errorf("weights: %v must rise from at least 1 to 100, for example [5, 25, 50, 100]", p.Weights)
		}
	}
	if p.TickSeconds < 0 || p.MinStageSeconds < 0 || p.MaxStageSeconds < 0 || p.BakeSeconds < 0 || p.WarmupSeconds < 0 {
		return fmt.Errorf("tick_seconds, min_stage_seconds, max_stage_seconds, warmup_seconds, bake_seconds: must not be negative")
	}
	if err := p.validateStrategy(); err != nil {
		return err
	}
	if err := p.validateGates(); err != nil {
		return err
	}
	if err := p.Judge.Validate(); err != nil {
		return fmt.Errorf("judge.%w", err)
	}
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
