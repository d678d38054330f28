package diagnose

import (
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Input is what a diagnosis rests on.
type Input struct {
	Snapshot serving.Snapshot
	// Fleet gives the configuration, the hardware and the objectives.
	Fleet serving.Fleet
	// Workload is nil when it is not known.
	Workload *serving.Workload
	// History are earlier snapshots of the fleet, in any order; optional.
	History []serving.Snapshot
}

// rule looks for one limit. ok is false when it is not there or cannot be told.
type rule func(facts) (found serving.Bottleneck, ok bool)

// Diagnose lists what limits the fleet in the order in which to mend it: the most
// severe first, causes before what they bring about, then the most certain. It
// is empty for a healthy fleet.
func Diagnose(in Input) []serving.Bottleneck {
	f := newFacts(in)
	var found []serving.Bottleneck
	for _, r := range rules() {
		if b, ok := r(f); ok {
			b.Confidence = f.tempered(b.Confidence)
			found = append(found, b)
		}
	}
	return ordered(found)
}

func rules() []rule {
	return []rule{errorRate, imbalance, kvPressure, slotBound, prefillBound, interference, decodeBound, lowPrefixReuse,
		queueSaturated, hostOverhead, ineffectiveSpeculation, oversized}
}

// fewRequests is the number below which a window says little, and fewDiscount
// what it does to the confidence.
const (
	fewRequests = 20
	fewDiscount = 0.5
)

// tempered lowers a confidence that rests on a handful of requests.
func (f facts) tempered(confidence float64) float64 {
	if n, known := f.requests.Get(); known && n < fewRequests {
		confidence *= fewDiscount
	}
	return min(max(confidence, 0), 1)
}

func rank(s serving.Severity) int {
	switch s {
	case serving.SeverityLow:
		return 1
	case serving.SeverityMedium:
		return 2
	case serving.SeverityHigh:
		return 3
	case serving.SeverityCritical:
		return 4
	}
	return 0
}

// severityOf a value that is ratio times its limit: 2, 1.5 and 1.2 as in
// field.md 4.2.
func severityOf(ratio float64) serving.Severity {
	switch {
	case ratio >= 2:
		return serving.SeverityCritical
	case ratio >= 1.5:
		return serving.SeverityHigh
	case ratio >= 1.2:
		return serving.SeverityMedium
	}
	return serving.SeverityLow
}

func worse(a, b serving.Severity) serving.Severity {
	if rank(b) > rank(a) {
		return b
	}
	return a
}
