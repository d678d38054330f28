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
	// asModelled is the observed gap over the predicted step up to which the GPU
	// does what it can: hosts reach 60 to 100% of the model.
	asModelled = 2.0
	// mostlyCache is the part of a step spent on reading the KV cache from which
	// that, not the weights, is what to make smaller.
	mostlyCache = 0.5
)

// decodeBound finds gaps between tokens that are too long because every step
// reads too much: at a large batch, or at any batch when the step takes what the
// model expects of the hardware.
func decodeBound(f facts) (serving.Bottleneck, bool) {
	slow, ok := f.latency(serving.MetricITL)
	batch, known := f.batch.Get()
	if !ok || !known {
		return serving.Bottleneck{}, false
	}
	if _, stalls := interference(f); stalls {
		return serving.Bottleneck{}, false
	}
	median := slo.LatencyHistogram(f.s, serving.MetricITL).QuantileMeasure(0.5)
	step, cache, modelled := f.predictedStep()
	explained := modelled && median.Over(serving.Known(step)).Or(asModelled+1) <= asModelled
	if batch < largeBatch && !explained {
		return serving.Bottleneck{}, false
	}
	confidence := 0.75
	if explained {
		confidence = 0.85
	}
	if !slow.byObjective {
		confidence -= 0.2
	}
	e := evidence{slow.evidence}
	e.add("batch_requests", f.batch, 0, "running at once on a replica, mean over the window")
	e.add("itl_p50_seconds", median, 0, "")
	if modelled {
		e.add("predicted_step_seconds", serving.Known(step), 0, "of the performance model for this batch")
		e.add("kv_part_of_step_ratio", serving.Known(cache), mostlyCache, "predicted")
	}
	f.addUse(&e, 0, "")
	return serving.Bottleneck{
		Kind: serving.BottleneckDecodeBound, Severity: severityOf(slow.ratio), Confidence: confidence, Evidence: e,
		Families: f.decodeFamilies(cache),
		Summary: fmt.Sprintf("Tokens come slowly (%.3g s, limit %.3g s) at %.0f requests a batch: each step reads too much for the memory bandwidth.",
			slow.evidence.Observed, slow.evidence.Threshold, batch),
	}, true
}

// decodeFamilies puts first what makes the larger part of a step smaller.
func (f facts) decodeFamilies(cache float64) []serving.Family {
	families := []serving.Family{serving.FamilyQuantization, serving.FamilyKVCache}
	if cache >= mostlyCache {
		families = []serving.Family{serving.FamilyKVCache, serving.FamilyQuantization}
	}
	if f.batch.Or(0) < largeBatch {
		return append(families, serving.FamilySpeculation, serving.FamilyParallelism, serving.FamilyReplicas)
	}
	return append(families, serving.FamilyBatching, serving.FamilyParallelism, serving.FamilyReplicas)
}
