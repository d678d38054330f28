package diagnose

import (
	"cmp"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// brings lists what each limit brings about when both are found: its symptoms.
// A cause is at least as severe as its symptoms and comes before them, because
// mending a symptom alone leaves it in place.
func brings(k serving.BottleneckKind) []serving.BottleneckKind {
	switch k {
	case serving.BottleneckImbalance: // one replica has what the others lack
		return []serving.BottleneckKind{serving.BottleneckKVPressure, serving.BottleneckSlotBound, serving.BottleneckQueueSaturated,
			serving.BottleneckPrefillBound, serving.BottleneckDecodeBound, serving.BottleneckLowPrefixReuse}
	case serving.BottleneckKVPressure: // recomputed prompts run between decodes
		return []serving.BottleneckKind{serving.BottleneckInterference, serving.BottleneckDecodeBound, serving.BottleneckQueueSaturated}
	case serving.BottleneckHostOverhead, serving.BottleneckSpeculation: // every step takes longer
		return []serving.BottleneckKind{serving.BottleneckDecodeBound, serving.BottleneckQueueSaturated}
	case serving.BottleneckLowPrefixReuse: // prompts are computed, and held, more often than need be
		return []serving.BottleneckKind{serving.BottleneckPrefillBound, serving.BottleneckQueueSaturated, serving.BottleneckInterference, serving.BottleneckKVPressure}
	case serving.BottleneckQueueSaturated: // prompts that come first starve those that run
		return []serving.BottleneckKind{serving.BottleneckDecodeBound, serving.BottleneckInterference}
	case serving.BottleneckInterference:
		return []serving.BottleneckKind{serving.BottleneckDecodeBound}
	}
	return nil
}

// ordered puts the findings in the order in which to mend them: the most severe
// first, causes before their symptoms, then the most certain.
func ordered(found []serving.Bottleneck) []serving.Bottleneck {
	out := slices.Clone(found)
	for i := range out {
		for _, symptom := range found {
			if certain(out[i]) && slices.Contains(brings(out[i].Kind), symptom.Kind) {
				out[i].Severity = worse(out[i].Severity, symptom.Severity)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b serving.Bottleneck) int {
		return cmp.Or(cmp.Compare(rank(b.Severity), rank(a.Severity)), cmp.Compare(explained(a, out), explained(b, out)),
			cmp.Compare(b.Confidence, a.Confidence))
	})
	return out
}

// likely is the confidence from which a cause may claim its symptoms.
const likely = 0.5

func certain(b serving.Bottleneck) bool {
	return b.Confidence >= likely && rank(b.Severity) > rank(serving.SeverityLow)
}

// explained counts the findings that bring this one about.
func explained(b serving.Bottleneck, found []serving.Bottleneck) int {
	n := 0
	for _, cause := range found {
		if certain(cause) && slices.Contains(brings(cause.Kind), b.Kind) {
			n++
		}
	}
	return n
}
