package diagnose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// kvFull is the mean use of the KV cache from which requests compete for it.
	// A cache that is well used without anyone waiting is a good thing.
	kvFull = 0.9
	// kvFree is the use below which the cache is no reason to wait (the fleet
	// tools of field.md 4.2 call 0.8 saturated).
	kvFree = 0.8
	// preemptionsMatter is the share of requests that are preempted from which
	// the recomputed work shows in latencies.
	preemptionsMatter = 0.005
	preemptionsMany   = 0.05
	// preemptionsLeast is the number below which they are accidents.
	preemptionsLeast = 3
)

// kvPressure finds requests that are thrown out of the KV cache, or wait for it.
// vLLM and SGLang preempt; TGI reserves up front and lets requests wait.
func kvPressure(f facts) (serving.Bottleneck, bool) {
	usage, usageKnown := f.usage.Get()
	waiting, isQueue, queueKnown := f.queued()
	each, perRequest := f.preempting().Get()
	preempting := perRequest && each >= preemptionsMatter && f.s.Preemptions.Or(0) >= preemptionsLeast ||
		!perRequest && f.s.Preemptions.Or(0) > 0
	full := usageKnown && usage >= kvFull || f.reservedFull()
	if !preempting && !(full && isQueue) || !preempting && f.computeSaturated() {
		return serving.Bottleneck{}, false
	}
	severity, confidence := serving.SeverityMedium, 0.75
	switch {
	case full && preempting:
		severity, confidence = serving.SeverityHigh, 0.95
	case preempting && usageKnown && usage < kvFree:
		// Bursts may fill a cache that is free on average.
		confidence = 0.5
	case !usageKnown || !queueKnown:
		confidence = 0.6
	}
	if each >= preemptionsMany {
		severity = serving.SeverityHigh
	}
	var e evidence
	f.addUse(&e, kvFull, "mean over the window and the replicas")
	e.add("kv_usage_max_ratio", f.s.KVUsageMax, 0, "greatest of any replica")
	e.add("preemptions", f.s.Preemptions, 0, "in the window")
	e.add("preemptions_per_request", f.preempting(), preemptionsMatter, "")
	e.add("waiting_requests", f.s.Waiting, 0, "mean over the window")
	e.troubles(f, serving.MetricTTFT, serving.MetricITL)
	return serving.Bottleneck{
		Kind: serving.BottleneckKVPressure, Confidence: confidence,
		Severity: worse(severity, f.worstLatency(serving.MetricTTFT, serving.MetricITL)),
		Summary:  kvSummary(f, preempting, isQueue, waiting), Evidence: e,
		Families: []serving.Family{serving.FamilyKVCache, serving.FamilyQuantization, serving.FamilyParallelism, serving.FamilyBatching, serving.FamilyReplicas},
	}, true
}

func kvSummary(f facts, preempting, isQueue bool, waiting float64) string {
	text := "The KV cache is too small for the requests at hand"
	if v, ok := f.usage.Get(); ok {
		text += ": " + percent(v) + " used"
	}
	if preempting {
		text += fmt.Sprintf(", %.0f preemptions", f.s.Preemptions.Or(0))
	}
	if isQueue {
		text += fmt.Sprintf(", %.1f requests waiting", waiting)
	}
	return text + "."
}
