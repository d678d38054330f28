package diagnose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// slotsFull is the share of the slots in use, on average, from which they are
// what a request waits for: a mean at the very limit would need a queue that
// never ran dry.
const slotsFull = 0.9

// slotsOver is the number of running requests over the slots from which the flag
// is plainly ignored, as TGI ignores --max-batch-size where it splits prompts.
const slotsOver = 1.2

// slotBound finds requests that wait while the KV cache has room: for a slot, or
// for an admission that is too careful.
func slotBound(f facts) (serving.Bottleneck, bool) {
	if b, found := outOfSlots(f); found {
		return b, true
	}
	return heldBack(f)
}

func outOfSlots(f facts) (serving.Bottleneck, bool) {
	waiting, isQueue, queueKnown := f.queued()
	usage, usageKnown := f.usage.Get()
	running, runningKnown := f.s.Running.Get()
	if queueKnown && !isQueue || usageKnown && usage >= kvFree || f.reservedFull() || !runningKnown {
		return serving.Bottleneck{}, false
	}
	slots, slotsKnown := f.slots.Get()
	least := f.settings.dialect.LeastSlots * float64(f.replicas())
	confidence := 0.0
	switch {
	case !slotsKnown && least == 0: // the engine has no such limit unless a flag sets it
		return serving.Bottleneck{}, false
	case slotsKnown && running > slotsOver*slots: // the limit is not in force
		return serving.Bottleneck{}, false
	case slotsKnown && running < slotsFull*slots, !slotsKnown && running < slotsFull*least:
		return serving.Bottleneck{}, false
	case slotsKnown && queueKnown && usageKnown:
		confidence = 0.95
	case slotsKnown && (queueKnown || usageKnown):
		confidence = 0.7
	case queueKnown && usageKnown:
		confidence = 0.6
	default:
		return serving.Bottleneck{}, false
	}
	severity := serving.SeverityMedium
	if queueKnown && waiting >= 0.5*running {
		severity = serving.SeverityHigh
	}
	var e evidence
	e.add("running_requests", f.s.Running, slotsFull*f.slots.Or(0), fmt.Sprintf("mean over the window; %s allows %g over %d replicas", f.settings.dialect.Slots.Flag, slots, f.replicas()))
	if !slotsKnown {
		e[0].Threshold, e[0].Text = 0, "mean over the window; the limit is the engine's default and not known"
	}
	e.add("waiting_requests", f.s.Waiting, 1, "mean over the window")
	f.addUse(&e, kvFree, "free KV cache that more slots could use")
	e.troubles(f, serving.MetricTTFT)
	return serving.Bottleneck{
		Kind: serving.BottleneckSlotBound, Confidence: confidence,
		Severity: worse(severity, f.worstLatency(serving.MetricTTFT, serving.MetricE2E)),
		Summary:  slotSummary(f, waiting), Evidence: e,
		Families: []serving.Family{serving.FamilyBatching, serving.FamilyQuantization, serving.FamilyReplicas},
	}, true
}

func slotSummary(f facts, waiting float64) string {
	text := fmt.Sprintf("Requests wait for a slot: %.1f running", f.s.Running.Or(0))
	if slots, ok := f.slots.Get(); ok {
		text += fmt.Sprintf(" of %g allowed", slots)
	}
	if waiting > 0 {
		text += fmt.Sprintf(", %.1f waiting", waiting)
	}
	if v, ok := f.usage.Get(); ok {
		text += ", with " + percent(v) + " of the KV cache used"
	}
	return text + "."
}
