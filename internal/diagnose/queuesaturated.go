package diagnose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// queueLong is the number of waiting requests a replica from which it is
// saturated, whatever the objectives (the gateways of field.md 4.2 use 5).
const queueLong = 5

// queueSaturated finds a queue that neither the KV cache nor the slots explain:
// the replicas cannot work faster as they are.
func queueSaturated(f facts) (serving.Bottleneck, bool) {
	if _, explained := kvPressure(f); explained {
		return serving.Bottleneck{}, false
	}
	if _, explained := slotBound(f); explained {
		return serving.Bottleneck{}, false
	}
	slow, late := f.latency(serving.MetricTTFT)
	if late && f.starvesPrompts() {
		return serving.Bottleneck{}, false
	}
	waiting, isQueue, known := f.queued()
	each := waiting / float64(f.replicas())
	if !known || !isQueue || each < queueLong && !late {
		return serving.Bottleneck{}, false
	}
	severity, confidence := serving.SeverityMedium, 0.8
	if late {
		severity = worse(severity, severityOf(slow.ratio))
	}
	if running, ok := f.s.Running.Get(); ok && waiting >= running {
		severity = worse(severity, serving.SeverityHigh)
	}
	if !f.usage.IsKnown() || !f.slots.IsKnown() {
		confidence = 0.6 // one of the two could explain it after all
	}
	var e evidence
	e.add("waiting_requests", f.s.Waiting, queueLong*float64(f.replicas()), "mean over the window")
	e.add("running_requests", f.s.Running, 0, "mean over the window")
	e.add("queue_mean_seconds", histogramMean(f.s.Queue), 0, "of requests that finished")
	f.addUse(&e, 0, "")
	e.add("prefill_load_ratio", f.prefillLoad(), computeFull, "part of the time that the prompts need, by the performance model")
	e.troubles(f, serving.MetricTTFT)
	return serving.Bottleneck{
		Kind: serving.BottleneckQueueSaturated, Severity: severity, Confidence: confidence, Evidence: e,
		Summary: fmt.Sprintf("%.1f requests wait on each replica: more arrive than the fleet can serve.", each),
		Families: []serving.Family{serving.FamilyQuantization, serving.FamilyBatching, serving.FamilyKVCache,
			serving.FamilyPrefixCaching, serving.FamilyParallelism, serving.FamilyReplicas},
	}, true
}
