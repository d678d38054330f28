package diagnose

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

const (
	// tailOverMedian is the p99 over the p50 of the gaps between tokens from which
	// single long steps make the tail rather than every step. A lone client sees
	// 1.02, mixed prompts of 3000 tokens in chunks of 512 about 2 (perfmodel.md).
	tailOverMedian = 4
	// medianIsFine is the median over the limit up to which an ordinary step is no
	// part of the trouble.
	medianIsFine = 0.75
)

// interference finds tokens that come evenly except when a prompt is computed in
// between: its chunk is too long for everybody who is decoding.
func interference(f facts) (serving.Bottleneck, bool) {
	slow, ok := f.latency(serving.MetricITL)
	if !ok {
		return serving.Bottleneck{}, false
	}
	median, spread := f.ordinaryStep()
	if median.Or(0) > medianIsFine*slow.evidence.Threshold || spread.Or(0) < tailOverMedian {
		return serving.Bottleneck{}, false
	}
	confidence := 0.85
	if !slow.byObjective {
		confidence -= 0.2
	}
	families := []serving.Family{serving.FamilyBatching, serving.FamilyChunkedPrefill, serving.FamilyQuantization}
	why := "a chunk of a prompt takes longer than the gap that is allowed"
	if f.settings.chunkingOff() {
		families = []serving.Family{serving.FamilyChunkedPrefill, serving.FamilyBatching, serving.FamilyQuantization}
		why = "prompts are computed whole between the steps of others"
	}
	if f.settings.slowKernels() {
		families = []serving.Family{serving.FamilyQuantization, serving.FamilyBatching, serving.FamilyChunkedPrefill}
		why = "the kernels that a flag forces are slow at large steps"
	}
	e := evidence{slow.evidence}
	e.add("ordinary_step_seconds", median, medianIsFine*slow.evidence.Threshold, "an ordinary step is quick enough")
	e.add("slow_over_ordinary_step_ratio", spread, tailOverMedian, "")
	e.add("prompt_tokens_mean", histogramMean(f.s.PromptLengths), 0, "")
	e.add("prefill_tokens_per_step", f.settings.budget(), 0, "the greatest chunk that a step may compute")
	return serving.Bottleneck{
		Kind: serving.BottleneckInterference, Severity: severityOf(slow.ratio), Confidence: confidence, Evidence: e, Families: families,
		Summary: fmt.Sprintf("Tokens stall while prompts are computed: the slowest gaps are %.3g s against a limit of %.3g s, %.0f times an ordinary one: %s.",
			slow.evidence.Observed, slow.evidence.Threshold, spread.Or(0), why),
	}, true
}

// ordinaryStep is the time of a step without a prompt in it, and how much longer
// a slow one takes. Gaps between tokens show both. An engine that shows only each
// request's mean hides the steps in it: there the model's step is the ordinary
// one and the p95 of the prefills it reports the slow one.
func (f facts) ordinaryStep() (seconds, slowOverIt serving.Measure) {
	gaps := slo.LatencyHistogram(f.s, serving.MetricITL)
	if !f.isDerived("itl") {
		median := gaps.QuantileMeasure(0.5)
		return median, gaps.QuantileMeasure(0.99).Over(median)
	}
	step, _, modelled := f.predictedStep()
	if !modelled {
		return serving.Unknown(), serving.Unknown()
	}
	return serving.Known(step), f.s.Prefill.QuantileMeasure(0.95).Over(serving.Known(step))
}

// isDerived says that the engine does not report the quantity itself.
func (f facts) isDerived(quantity string) bool {
	return slices.ContainsFunc(f.s.Derived, func(d serving.Derived) bool { return d.Quantity == quantity })
}
