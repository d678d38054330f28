package serving

import (
	"fmt"
	"math"
	"slices"
)

// ArmMark is how far the engines of one variant had counted at an instant. A
// window is the difference of two marks, so whoever judges needs no memory but
// the first of them: a worker that dies loses nothing. It is small enough for a
// workflow's history: the replicas' histograms are kept as their sum.
type ArmMark struct {
	Variant   Variant `json:"variant"`
	TakenUnix float64 `json:"taken_unix"` // seconds since 1970
	// Replicas tell which processes were counted. When one is replaced, what the
	// sum counted before is gone and the window must begin anew.
	Replicas []ReplicaMark `json:"replicas,omitempty"`
	// Sum are the cumulative quantities of all replicas together, nil when the
	// engines could not be read; Unread then says why.
	Sum    *Reading `json:"sum,omitempty"`
	Unread string   `json:"unread,omitempty"`
	// Router is what the router had counted, nil where that is not asked or told.
	Router *ArmCounters `json:"router,omitempty"`
}

// ReplicaMark identifies one process and how far it had counted.
type ReplicaMark struct {
	Endpoint    string  `json:"endpoint"`
	StartedUnix Measure `json:"started_unix"`
	// Requests and Tokens only rise while the process lives.
	Requests Measure `json:"requests"`
	Tokens   Measure `json:"tokens"`
}

// UnreadMark is the mark of a variant whose engines could not be read.
func UnreadMark(v Variant, atUnix float64, why string) ArmMark {
	return ArmMark{Variant: v, TakenUnix: atUnix, Unread: why}
}

// MarkOf merges one reading of each replica of a variant.
func MarkOf(v Variant, atUnix float64, readings []Reading) ArmMark {
	if len(readings) == 0 {
		return UnreadMark(v, atUnix, "no replica was read")
	}
	m := ArmMark{Variant: v, TakenUnix: atUnix}
	sum := cumulative(readings[0])
	sum.TakenUnix, sum.Endpoint = atUnix, string(v)
	for i, r := range readings {
		m.Replicas = append(m.Replicas, ReplicaMark{Endpoint: r.Endpoint, StartedUnix: r.ProcessStartedUnix,
			Requests: finished(r), Tokens: r.GenerationTokens})
		if i > 0 {
			sum = plus(sum, cumulative(r))
		}
	}
	slices.SortFunc(m.Replicas, func(a, b ReplicaMark) int {
		switch {
		case a.Endpoint < b.Endpoint:
			return -1
		case a.Endpoint > b.Endpoint:
			return 1
		}
		return 0
	})
	m.Sum = &sum
	return m
}

// Until is what the engines counted between two marks, the later one given. It
// fails when the two cannot be subtracted: engines that could not be read, a
// replica that came, left or restarted. The window must then begin at the later
// mark; it is never negative and never of other processes.
func (m ArmMark) Until(later ArmMark, fleet string) (Snapshot, error) {
	for _, mark := range []ArmMark{m, later} {
		if mark.Sum == nil {
			return Snapshot{}, fmt.Errorf("the engines of %s could not be read: %s", m.Variant, mark.Unread)
		}
	}
	if err := m.sameProcesses(later); err != nil {
		return Snapshot{}, err
	}
	if restarted(*m.Sum, *later.Sum) {
		return Snapshot{}, fmt.Errorf("counters of %s fell: a replica restarted", m.Variant)
	}
	s := Window(fleet, m.Variant, [][]Reading{{*m.Sum, *later.Sum}})
	s.Replicas, s.PerReplica = len(m.Replicas), nil
	return s, nil
}

func (m ArmMark) sameProcesses(later ArmMark) error {
	if len(m.Replicas) != len(later.Replicas) {
		return fmt.Errorf("%s had %d replicas and has %d", m.Variant, len(m.Replicas), len(later.Replicas))
	}
	for i, then := range m.Replicas {
		now := later.Replicas[i]
		if then.Endpoint != now.Endpoint {
			return fmt.Errorf("replica %s of %s was replaced by %s", then.Endpoint, m.Variant, now.Endpoint)
		}
		if then.restarted(now) {
			return fmt.Errorf("replica %s of %s restarted", then.Endpoint, m.Variant)
		}
	}
	return nil
}

func (r ReplicaMark) restarted(now ReplicaMark) bool {
	began, okA := r.StartedUnix.Get()
	again, okB := now.StartedUnix.Get()
	if okA && okB && math.Abs(again-began) > sameStartSeconds {
		return true
	}
	return fell(r.Requests, now.Requests) || fell(r.Tokens, now.Tokens)
}

func fell(before, after Measure) bool {
	a, okA := before.Get()
	b, okB := after.Get()
	return okA && okB && b < a
}

// finished requests of a replica: whichever of its counters exists.
func finished(r Reading) Measure {
	for _, h := range []*Histogram{r.E2E, r.TTFT, r.OutputLengths} {
		if h != nil {
			return Known(h.Count)
		}
	}
	total := Unknown()
	for _, reason := range sortedKeys(r.FinishedByReason) {
		total = total.Plus(Known(r.FinishedByReason[reason]))
	}
	return total
}

// cumulative keeps what a difference of marks is taken of.
func cumulative(r Reading) Reading {
	return Reading{
		Engine: r.Engine, Model: r.Model, Version: r.Version,
		Preemptions: r.Preemptions, PromptTokens: r.PromptTokens, GenerationTokens: r.GenerationTokens,
		Errors: r.Errors, FinishedByReason: r.FinishedByReason,
		TTFT: r.TTFT, ITL: r.ITL, TPOT: r.TPOT, E2E: r.E2E, Queue: r.Queue, Prefill: r.Prefill,
		OutputLengths: r.OutputLengths, Missing: r.Missing, Derived: r.Derived,
	}
}

// plus adds the counts of another replica. Histograms whose buckets differ, as
// of engines of two versions, are left out and named.
func plus(a, b Reading) Reading {
	out := a
	for _, c := range []struct {
		into *Measure
		add  Measure
	}{
		{&out.Preemptions, b.Preemptions}, {&out.PromptTokens, b.PromptTokens},
		{&out.GenerationTokens, b.GenerationTokens}, {&out.Errors, b.Errors},
	} {
		*c.into = c.into.Plus(c.add)
	}
	out.FinishedByReason = addByKey(a.FinishedByReason, b.FinishedByReason)
	for _, h := range []struct {
		name string
		into **Histogram
		add  *Histogram
	}{
		{"ttft", &out.TTFT, b.TTFT}, {"itl", &out.ITL, b.ITL}, {"tpot", &out.TPOT, b.TPOT}, {"e2e", &out.E2E, b.E2E},
		{"queue", &out.Queue, b.Queue}, {"prefill", &out.Prefill, b.Prefill}, {"output_lengths", &out.OutputLengths, b.OutputLengths},
	} {
		out.Missing = append(slices.Clip(out.Missing), addHistogram(h.name, h.into, h.add)...)
	}
	return out
}

// addHistogram adds one histogram to another in place and says what is lost by it. One
// that only some replicas have is lost: its sum would not be of the variant.
func addHistogram(name string, into **Histogram, add *Histogram) []Missing {
	if *into == nil && add == nil {
		return nil
	}
	if *into != nil && add != nil {
		if sum, ok := (*into).Add(*add); ok {
			*into = &sum
			return nil
		}
	}
	*into = nil
	return []Missing{{Quantity: name, Reason: "not all replicas have it in the same buckets"}}
}

func addByKey(a, b map[string]float64) map[string]float64 {
	if len(a)+len(b) == 0 {
		return nil
	}
	out := make(map[string]float64, len(a))
	for _, k := range sortedKeys(a) {
		out[k] = a[k]
	}
	for _, k := range sortedKeys(b) {
		out[k] += b[k]
	}
	return out
}
