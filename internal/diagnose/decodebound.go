package diagnose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

const (
	// largeBatch is the number of requests a replica decodes at once from which
	// reading weights is shared by many and the rest of the step, the KV cache
	// above all, begins to tell (levers.md: speculation pays below 16 to 32).
	largeBatch = 16
	// interference is the p99 over the p50 of the gaps from which single long
	// steps, prefills of others, make the tail rather than every step.
	interference = 5
)

// decodeBound finds gaps between tokens that are too long at a large batch.
func decodeBound(f facts) (serving.Bottleneck, bool) {
	slow, ok := f.latency(serving.MetricITL)
	batch, known := f.batch.Get()
	if !ok || !known || batch < largeBatch {
		return serving.Bottleneck{}, false
	}
	confidence := 0.75
	if !slow.byObjective {
		confidence -= 0.2
	}
	families := []serving.Family{serving.FamilyQuantization, serving.FamilyKVCache, serving.FamilyBatching, serving.FamilyParallelism}
	why := "each step reads too much for the memory bandwidth"
	gaps := slo.LatencyHistogram(f.s, serving.MetricITL)
	spread := gaps.QuantileMeasure(0.99).Over(gaps.QuantileMeasure(0.5))
	if spread.Or(0) >= interference {
		confidence -= 0.15
		why = "and some steps take many times the median, as when prefills run between them"
		families = []serving.Family{serving.FamilyBatching, serving.FamilyQuantization, serving.FamilyKVCache, serving.FamilyParallelism}
	}
	e := evidence{slow.evidence}
	e.add("batch_requests", f.batch, largeBatch, "running at once on a replica, mean over the window")
	e.add("itl_p99_over_p50_ratio", spread, interference, "")
	e.add("kv_usage_ratio", f.s.KVUsage, 0, "")
	return serving.Bottleneck{
		Kind: serving.BottleneckDecodeBound, Severity: severityOf(slow.ratio), Confidence: confidence, Evidence: e, Families: families,
		Summary: fmt.Sprintf("Tokens come slowly (%.3g s, limit %.3g s) at %.0f requests a batch: %s.",
			slow.evidence.Observed, slow.evidence.Threshold, batch, why),
	}, true
}
