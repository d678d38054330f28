package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Observer reports what the router saw of each variant.
type Observer interface {
	// It fails with serving.ErrNoSamples where it keeps no single requests.
	Observe(ctx context.Context, fleet serving.Fleet, sinceUnix, untilUnix float64) ([]serving.ArmObservation, error)
	// Counters are its running totals; serving.ErrNoCounters where it has none.
	Counters(ctx context.Context, fleet serving.Fleet) ([]serving.ArmCounters, error)
}

// Judging judges canaries.
type Judging struct {
	observer  Observer
	describer Describer
	scraper   Scraper
	now       func() float64 // seconds since 1970
}

// NewJudging returns the judging activities.
func NewJudging(o Observer, d Describer, s Scraper) *Judging { return NewJudgingAt(unixNow, o, d, s) }

// NewJudgingAt returns the same under another clock, in seconds since 1970: a
// rollout in virtual time is judged at its own time.
func NewJudgingAt(now func() float64, o Observer, d Describer, s Scraper) *Judging {
	return &Judging{observer: o, describer: d, scraper: s, now: now}
}

// JudgeStageInput asks for a verdict on the canary over what ended since then.
type JudgeStageInput struct {
	Fleet     serving.Fleet   `json:"fleet"`
	SinceUnix float64         `json:"since_unix"`
	Reference serving.Variant `json:"reference,omitempty"` // "" for none
	Config    judge.Config    `json:"config"`
	// Weights are the split in force, by which throughput is compared.
	Weights serving.Weights `json:"weights,omitzero"`
	// Marks are where the windows of the engines' counts begin; without any they
	// begin now. Gauges are the sums of the looks so far.
	Marks  []serving.ArmMark   `json:"marks,omitempty"`
	Gauges []serving.ArmGauges `json:"gauges,omitempty"`
}

// JudgeStageResult is the verdict.
type JudgeStageResult struct {
	Judgement serving.Judgement `json:"judgement"`
	AtUnix    float64           `json:"at_unix"`
	// Marks are set when the windows of the engines' counts began with this look:
	// the first one, or one that found a replica replaced.
	Marks  []serving.ArmMark   `json:"marks,omitempty"`
	Gauges []serving.ArmGauges `json:"gauges,omitempty"`
}

// JudgeStage observes both arms and judges. A canary of which no replica runs
// fails at once, whatever the samples say.
func (a *Judging) JudgeStage(ctx context.Context, in JudgeStageInput) (JudgeStageResult, error) {
	now := a.now()
	variants, err := a.describer.Describe(ctx, in.Fleet)
	if err != nil {
		return JudgeStageResult{}, translate(fmt.Errorf("describe variants of %s: %w", in.Fleet.Name, err))
	}
	if len(endpointsIn(variants, serving.Canary)) == 0 {
		return JudgeStageResult{AtUnix: now, Judgement: serving.Judgement{Verdict: serving.VerdictFail,
			HardAbort: true, Reason: "no replica of the canary is running", Sentence: "The canary is gone: none of its replicas is running."}}, nil
	}
	observed, err := a.observer.Observe(ctx, in.Fleet, in.SinceUnix, now)
	unsampled := errors.Is(err, serving.ErrNoSamples)
	if err != nil && !unsampled {
		return JudgeStageResult{}, translate(fmt.Errorf("observe %s: %w", in.Fleet.Name, err))
	}
	arms := []judge.Arm{armOf(observed, in, variants, serving.Canary)}
	if in.Reference != "" {
		arms = append(arms, armOf(observed, in, variants, in.Reference))
	}
	for i := range arms {
		arms[i].Unsampled = unsampled
	}
	out := JudgeStageResult{AtUnix: now}
	out.Marks, out.Gauges, err = a.addEngines(ctx, in, variants, arms, now)
	if err != nil {
		return JudgeStageResult{}, translate(fmt.Errorf("count requests of %s: %w", in.Fleet.Name, err))
	}
	var reference *judge.Arm
	if len(arms) > 1 {
		reference = &arms[1]
	}
	out.Judgement = judge.Judge(in.Config, in.Fleet.SLOs, arms[0], reference)
	return out, nil
}

func armOf(observed []serving.ArmObservation, in JudgeStageInput, variants []serving.VariantStatus, v serving.Variant) judge.Arm {
	return judge.Arm{Variant: v, Observation: armIn(observed, v), Share: float64(in.Weights.Of(v)),
		Replicas: len(judgedEndpoints(in.Fleet, variants, v))}
}

// judgedEndpoints are the replicas of an arm. Stable may run elsewhere than at
// the provisioner, which then knows none of it.
func judgedEndpoints(fleet serving.Fleet, variants []serving.VariantStatus, v serving.Variant) []string {
	if v == serving.Stable && len(fleet.Endpoints) > 0 {
		return fleet.Endpoints
	}
	return endpointsIn(variants, v)
}

func endpointsIn(variants []serving.VariantStatus, v serving.Variant) []string {
	for _, s := range variants {
		if s.Variant == v {
			return s.Endpoints
		}
	}
	return nil
}
