package diagnose

import (
	"fmt"

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
	// stalledOverSteps is a request's mean time a token over the mean decode step
	// from which something runs between its steps, for engines whose gaps show
	// decode steps only.
	stalledOverSteps = 1.5
)

// interference finds tokens that come evenly except when a prompt is computed in
// between: its chunk is too long for everybody who is decoding.
func interference(f facts) (serving.Bottleneck, bool) {
	slow, ok := f.latency(serving.MetricITL)
	gaps := slo.LatencyHistogram(f.s, serving.MetricITL)
	median := gaps.QuantileMeasure(0.5)
	spread := gaps.QuantileMeasure(0.99).Over(median)
	if !ok {
		slow, spread, ok = f.stalled()
	} else if spread.Or(0) < tailOverMedian || median.Or(0) > medianIsFine*slow.evidence.Threshold {
		return serving.Bottleneck{}, false
	}
	if !ok {
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
	e := evidence{slow.evidence}
	e.add("itl_p50_seconds", median, medianIsFine*slow.evidence.Threshold, "an ordinary step is quick enough")
	e.add("itl_p99_over_p50_ratio", spread, tailOverMedian, "")
	e.add("prompt_tokens_mean", histogramMean(f.s.PromptLengths), 0, "")
	e.add("prefill_tokens_per_step", f.settings.budget(), 0, "the greatest chunk that a step may compute")
	return serving.Bottleneck{
		Kind: serving.BottleneckInterference, Severity: severityOf(slow.ratio), Confidence: confidence, Evidence: e, Families: families,
		Summary: fmt.Sprintf("Tokens stall while prompts are computed: the slowest gaps are %.3g s against a limit of %.3g s, %.0f times an ordinary one: %s.",
			slow.evidence.Observed, slow.evidence.Threshold, spread.Or(0), why),
	}, true
}

// stalled looks for the same where the gaps are those of decode steps alone: a
// request's own time a token is then far above them and breaks the objective.
func (f facts) stalled() (trouble, serving.Measure, bool) {
	ratio, known := histogramMean(f.s.TPOT).Over(histogramMean(f.s.ITL)).Get()
	if !known || ratio < stalledOverSteps {
		return trouble{}, serving.Unknown(), false
	}
	for _, o := range f.in.Fleet.SLOs {
		if o.Metric != serving.MetricITL {
			continue
		}
		own := f.s
		own.ITL = nil // judged on each request's mean instead
		s := slo.FromSnapshot([]serving.Objective{o}, own, fewRequests)[0]
		if s.Breached {
			return trouble{metric: serving.MetricITL, byObjective: true, ratio: s.Observed.Over(serving.Known(o.Threshold)).Or(0),
				evidence: serving.Evidence{Name: quantileName("tpot", o.Quantile), Observed: s.Observed.Or(0), Threshold: o.Threshold,
					Text: "objective " + o.Name + ", on each request's mean time a token"}}, serving.Known(ratio), true
		}
	}
	return trouble{}, serving.Unknown(), false
}
