package workflows

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Advice is what a rollout would do: the whole plan with what it costs and what
// it could tell, and nothing written.
type Advice struct {
	Change   string        `json:"change"`
	Strategy Strategy      `json:"strategy"`
	Stages   []AdviceStage `json:"stages"`
	Gates    []Gate        `json:"gates,omitempty"`
	// PeakGPUs run at the same time at the most, stable's own included.
	PeakGPUs int `json:"peak_gpus"`
	// Seconds from the first shift to promotion if every stage passes as soon as it
	// may; unknown without the fleet's request rate.
	Seconds serving.Measure `json:"seconds"`
	Text    string          `json:"text"`
}

// AdviceStage is one stage of the plan.
type AdviceStage struct {
	Weight       int             `json:"weight"`
	Replicas     int             `json:"replicas"` // of the canary
	ComparedWith serving.Variant `json:"compared_with"`
	LeastSeconds float64         `json:"least_seconds"`
	// RequestsNeeded an arm before a verdict is possible, and the seconds that
	// takes at the fleet's rate.
	RequestsNeeded int             `json:"requests_needed"`
	SampleSeconds  serving.Measure `json:"sample_seconds"`
	// ToSeeTail and ToSeeErrors are the requests an arm with which a tail twice as
	// long, and 2% more errors, are found four times out of five.
	ToSeeTail   int     `json:"to_see_tail"`
	ToSeeErrors int     `json:"to_see_errors"`
	Seconds     float64 `json:"seconds"` // max(least, sample seconds), warm-up included
}

// What the advice takes for its figures: the spread of first tokens that is usual
// (judge.SamplesForTail), and the harm that must not be overlooked.
const (
	usualSigma       = 0.6
	plannedTail      = 2.0
	plannedErrors    = 0.02
	usualErrors      = 0.002
	plannedDetection = 0.8
)

// adviseOn plans a change of the fleet.
func adviseOn(fleet serving.Fleet, to serving.EngineConfig, p Plan) Advice {
	a := Advice{Change: describeChange(fleet.Config, to), Strategy: p.Strategy, Gates: p.Gates}
	rate := serving.Unknown()
	if fleet.Workload != nil && fleet.Workload.RatePerSecond > 0 {
		rate = serving.Known(fleet.Workload.RatePerSecond)
	}
	peak, total := 0, 0.0
	for _, weight := range p.Weights {
		s := adviseStage(fleet, p, weight, rate)
		a.Stages = append(a.Stages, s)
		extra := s.Replicas
		if s.ComparedWith == serving.Baseline {
			extra *= 2
		}
		peak, total = max(peak, extra), total+s.Seconds
	}
	a.PeakGPUs = (fleet.Replicas + peak) * max(fleet.Hardware.GPUs, 1)
	if rate.IsKnown() {
		a.Seconds = serving.Known(total)
	}
	a.Text = a.text()
	return a
}

func adviseStage(fleet serving.Fleet, p Plan, weight int, rate serving.Measure) AdviceStage {
	s := AdviceStage{Weight: weight, Replicas: canaryReplicas(fleet.Replicas, weight), ComparedWith: referenceAt(p, weight), LeastSeconds: p.leastSeconds(weight)}
	s.RequestsNeeded = p.Judge.MinSamples
	s.ToSeeTail = judge.SamplesForTail(usualSigma, plannedTail, p.Judge.MaxQuantileRatio, p.Judge.RatioQuantile, p.Judge.Confidence, plannedDetection)
	s.ToSeeErrors = judge.SamplesForErrors(usualErrors, plannedErrors, p.Judge.ErrorAlpha, plannedDetection)
	s.SampleSeconds = serving.Known(float64(s.RequestsNeeded) * 100 / float64(weight)).Over(rate)
	s.Seconds = p.WarmupSeconds + max(s.LeastSeconds, s.SampleSeconds.Or(0))
	return s
}

func (a Advice) text() string {
	var weights []string
	for _, s := range a.Stages {
		weights = append(weights, fmt.Sprintf("%d%%", s.Weight))
	}
	text := fmt.Sprintf("%s to %s; %d GPUs at the most", a.Strategy, strings.Join(weights, ", "), a.PeakGPUs)
	if total, known := a.Seconds.Get(); known {
		text += fmt.Sprintf("; %.0f min if every stage passes", math.Ceil(total/60))
	} else {
		text += "; how long cannot be told without the fleet's request rate"
	}
	if slices.ContainsFunc(a.Gates, func(g Gate) bool { return g.Kind != GateAutomatic }) {
		text += ", and the waits at its gates"
	}
	return text
}

// referenceAt is what a stage is compared with if there is room for it: beyond
// half of the traffic a fresh baseline would leave nothing to stable, and a split
// by a header sends a baseline nobody.
func referenceAt(p Plan, weight int) serving.Variant {
	switch {
	case weight == 100:
		return ""
	case weight > baselineUpTo || p.byHeader(weight):
		return serving.Stable
	}
	return serving.Baseline
}
