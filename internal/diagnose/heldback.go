package diagnose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// cautious is the conservativeness above which admission reserves more than
	// the engine itself thinks right (SGLang's default is 1).
	cautious = 1.0
	// wellUsed is the use of the cache from which a reserve of outputs, rather
	// than prompts that wait for their computation, explains a queue at the
	// engine's own setting.
	wellUsed = 0.5
)

// heldBack finds requests that an engine does not admit although cache and slots
// are free, because it reserves too much for the outputs of those that run
// (SGLang's tuning guide: usage below 0.9 with a queue).
func heldBack(f facts) (serving.Bottleneck, bool) {
	role := f.settings.dialect.Conservativeness
	waiting, isQueue, known := f.queued()
	usage, reported := f.usage.Get()
	if !role.Exists() || !known || !isQueue || !reported || usage >= kvFull || f.preempting().Or(0) >= preemptionsMatter {
		return serving.Bottleneck{}, false
	}
	if f.s.Running.Over(f.slots).Or(0) >= slotsFull || f.starvesPrompts() || f.computeSaturated() {
		return serving.Bottleneck{}, false
	}
	value := role.In(f.in.Fleet.Config, f.s.Revealed).Or(cautious)
	if value <= cautious && usage < wellUsed {
		return serving.Bottleneck{}, false
	}
	severity, confidence := serving.SeverityMedium, 0.7
	if value > cautious {
		confidence = 0.9
	}
	if waiting >= 0.5*f.s.Running.Or(0) {
		severity = serving.SeverityHigh
	}
	var e evidence
	e.add("schedule_conservativeness", serving.Known(value), cautious, role.Flag)
	f.addUse(&e, kvFull, "free KV cache that nobody is let into")
	e.add("waiting_requests", f.s.Waiting, 1, "mean over the window")
	e.add("running_requests", f.s.Running, 0, "mean over the window")
	e.troubles(f, serving.MetricTTFT)
	return serving.Bottleneck{
		Kind: serving.BottleneckSlotBound, Confidence: confidence, Evidence: e,
		Severity: worse(severity, f.worstLatency(serving.MetricTTFT, serving.MetricE2E)),
		Summary: fmt.Sprintf("%.1f requests wait although %s of the KV cache is free: admission reserves too much for outputs (%s %g).",
			waiting, percent(1-usage), role.Flag, value),
		Families: []serving.Family{serving.FamilyBatching, serving.FamilyQuantization, serving.FamilyReplicas},
	}, true
}
