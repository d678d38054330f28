package slo

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// minuteSeconds is the length of the buckets that events are counted into.
const minuteSeconds = 60

// Indicator names what an objective counts. Objectives with the same one share
// their counts, and an objective whose threshold changes begins anew: counts
// against another threshold say nothing about it.
func Indicator(o serving.Objective) string {
	if o.IsLatency() {
		return fmt.Sprintf("%s p%.6g <= %gs", o.Metric, o.Quantile*100, o.Threshold)
	}
	return fmt.Sprintf("%s %g", o.Metric, o.Threshold)
}

// Count is how many good and bad events of an indicator a variant had in a
// minute, or in a part of one.
type Count struct {
	Variant   serving.Variant
	Indicator string
	// AllowedShare is the share of bad events that a minute may have without being
	// broken.
	AllowedShare float64
	Bucket
}

// Tally is what was counted of an indicator over a longer time; besides the
// events it tells how many of its minutes kept the objective and how many did
// not. Minutes without events are neither.
type Tally struct {
	Variant     serving.Variant
	Indicator   string
	GoodMinutes float64
	BadMinutes  float64
	Bucket
}

// Minute is a minute as an event of a budget of time: broken when its misses are
// beyond chance, kept otherwise, and nothing at all without events.
func Minute(good, bad, allowedShare float64) (kept, broken float64) {
	missed, n := int(math.Round(bad)), int(math.Round(good+bad))
	switch {
	case n == 0:
		return 0, 0
	case judge.ShareExceeds(missed, n, allowedShare, BreachAlpha):
		return 0, 1
	}
	return 1, 0
}

// CountRequests counts what a router saw of one arm, by the minute in which each
// request ended. Where the router kept only the newest of the requests, those
// stand for all.
func CountRequests(objectives []serving.Objective, arm serving.ArmObservation) []Count {
	scale := 1.0
	if n := len(arm.Samples); n > 0 && arm.Requests > n {
		scale = float64(arm.Requests) / float64(n)
	}
	var out []Count
	for _, o := range distinct(objectives) {
		minutes := map[float64]Bucket{}
		for _, r := range arm.Samples {
			missed, known := Misses(o, r)
			if !known {
				continue
			}
			start := minuteOf(r.EndedUnix)
			b := minutes[start]
			if missed {
				b.Bad += scale
			} else {
				b.Good += scale
			}
			minutes[start] = b
		}
		out = append(out, countsOf(o, arm.Variant, minutes)...)
	}
	return out
}

// CountSnapshot counts what an engine's own histograms and counters say, in the
// minute in which its window ended: for routers that do not see single requests.
func CountSnapshot(objectives []serving.Objective, snap serving.Snapshot) []Count {
	var out []Count
	for _, o := range distinct(objectives) {
		bad, all, ok := eventsOf(o, snap)
		if !ok || all <= 0 {
			continue
		}
		bad = min(bad, all)
		out = append(out, countsOf(o, snap.Variant, map[float64]Bucket{minuteOf(snap.EndUnix): {Good: all - bad, Bad: bad}})...)
	}
	return out
}

// CountTotals counts the failures of a variant's requests up to a time, in the
// minute in which it lies, where only their totals are known. Of latencies they
// say nothing.
func CountTotals(objectives []serving.Objective, v serving.Variant, requests, failed int64, endUnix float64) []Count {
	var out []Count
	for _, o := range distinct(objectives) {
		if o.IsLatency() || requests <= 0 {
			continue
		}
		bad := float64(min(failed, requests))
		out = append(out, countsOf(o, v, map[float64]Bucket{minuteOf(endUnix): {Good: float64(requests) - bad, Bad: bad}})...)
	}
	return out
}

// eventsOf is not ok where a latency was not measured, or lies hidden beyond the
// last bucket.
func eventsOf(o serving.Objective, snap serving.Snapshot) (bad, all float64, ok bool) {
	if !o.IsLatency() {
		failed, requests, ok := Failures(snap)
		return float64(failed), float64(requests), ok
	}
	h := LatencyHistogram(snap, o.Metric)
	if h == nil || h.Count <= 0 {
		return 0, 0, false
	}
	missed, hidden := above(*h, o.Threshold)
	return float64(missed), h.Count, hidden == 0
}

func minuteOf(unix float64) float64 { return math.Floor(unix/minuteSeconds) * minuteSeconds }

// distinct keeps one objective of each indicator.
func distinct(objectives []serving.Objective) []serving.Objective {
	var out []serving.Objective
	for _, o := range objectives {
		if !slices.ContainsFunc(out, func(p serving.Objective) bool { return Indicator(p) == Indicator(o) }) {
			out = append(out, o)
		}
	}
	return out
}

func countsOf(o serving.Objective, v serving.Variant, minutes map[float64]Bucket) []Count {
	var out []Count
	for start, b := range minutes {
		b.StartUnix, b.Seconds = start, minuteSeconds
		out = append(out, Count{Variant: v, Indicator: Indicator(o), AllowedShare: o.AllowedShare(), Bucket: b})
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Compare(a.StartUnix, b.StartUnix) })
	return out
}

// SeriesOf are the events that an objective's budget is made of: requests, or
// minutes for a budget of time.
func SeriesOf(o serving.Objective, v serving.Variant, tallies []Tally) []Bucket {
	out := requestSeries(o, v, tallies)
	if !ByTime(o) {
		return out
	}
	out = out[:0]
	for _, t := range tallies {
		if t.Variant == v && t.Indicator == Indicator(o) {
			out = append(out, Bucket{StartUnix: t.StartUnix, Seconds: t.Seconds, Good: t.GoodMinutes, Bad: t.BadMinutes})
		}
	}
	return inOrder(out)
}

func requestSeries(o serving.Objective, v serving.Variant, tallies []Tally) []Bucket {
	var out []Bucket
	for _, t := range tallies {
		if t.Variant == v && t.Indicator == Indicator(o) {
			out = append(out, t.Bucket)
		}
	}
	return inOrder(out)
}

func inOrder(series []Bucket) []Bucket {
	out := slices.Clone(series)
	slices.SortStableFunc(out, func(a, b Bucket) int { return cmp.Compare(a.StartUnix, b.StartUnix) })
	return out
}
