package activities

import (
	"context"
	"fmt"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Observer reports what the router saw of each variant.
type Observer interface {
	Observe(ctx context.Context, fleet serving.Fleet, sinceUnix, untilUnix float64) ([]serving.ArmObservation, error)
}

// Judging judges canaries.
type Judging struct {
	observer  Observer
	describer Describer
}

// NewJudging returns the judging activities.
func NewJudging(o Observer, d Describer) *Judging { return &Judging{observer: o, describer: d} }

// JudgeStageInput asks for a verdict on the canary over what ended since then.
type JudgeStageInput struct {
	Fleet     serving.Fleet   `json:"fleet"`
	SinceUnix float64         `json:"since_unix"`
	Reference serving.Variant `json:"reference,omitempty"` // "" for none
	Config    judge.Config    `json:"config"`
}

// JudgeStageResult is the verdict.
type JudgeStageResult struct {
	Judgement serving.Judgement `json:"judgement"`
	AtUnix    float64           `json:"at_unix"`
}

// JudgeStage observes both arms and judges. A canary of which no replica runs
// fails at once, whatever the samples say.
func (a *Judging) JudgeStage(ctx context.Context, in JudgeStageInput) (JudgeStageResult, error) {
	now := unixNow()
	variants, err := a.describer.Describe(ctx, in.Fleet)
	if err != nil {
		return JudgeStageResult{}, translate(fmt.Errorf("describe variants of %s: %w", in.Fleet.Name, err))
	}
	if replicasOf(variants, serving.Canary) == 0 {
		return JudgeStageResult{AtUnix: now, Judgement: serving.Judgement{Verdict: serving.VerdictFail,
			HardAbort: true, Reason: "no replica of the canary is running"}}, nil
	}
	observed, err := a.observer.Observe(ctx, in.Fleet, in.SinceUnix, now)
	if err != nil {
		return JudgeStageResult{}, translate(fmt.Errorf("observe %s: %w", in.Fleet.Name, err))
	}
	var reference *judge.Arm
	if in.Reference != "" {
		arm := armOf(observed, variants, in.Reference)
		reference = &arm
	}
	canary := armOf(observed, variants, serving.Canary)
	return JudgeStageResult{AtUnix: now,
		Judgement: judge.Judge(in.Config, in.Fleet.SLOs, canary, reference)}, nil
}

func armOf(observed []serving.ArmObservation, variants []serving.VariantStatus, v serving.Variant) judge.Arm {
	arm := judge.Arm{Variant: v, Observation: serving.ArmObservation{Variant: v}, Replicas: replicasOf(variants, v)}
	for _, o := range observed {
		if o.Variant == v {
			arm.Observation = o
		}
	}
	return arm
}

func replicasOf(variants []serving.VariantStatus, v serving.Variant) int {
	for _, s := range variants {
		if s.Variant == v {
			return len(s.Endpoints)
		}
	}
	return 0
}
