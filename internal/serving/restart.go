package serving

import "math"

// restartedWithin looks at each reading and the next. Comparing only the first
// and the last would miss a restart after which the counters have caught up, and
// take the few that came since for the increase of the window.
func restartedWithin(readings []Reading) bool {
	for i := 1; i < len(readings); i++ {
		if restarted(readings[i-1], readings[i]) {
			return true
		}
	}
	return false
}

// sameStartSeconds is how far apart the stated starts of one process may be.
const sameStartSeconds = 1

// restarted reports another process or a counter that fell: what the engine
// counted before is gone. Start times within a second are the same process,
// since servers derive them from the uptime and round.
func restarted(before, after Reading) bool {
	began, okA := before.ProcessStartedUnix.Get()
	again, okB := after.ProcessStartedUnix.Get()
	if okA && okB && math.Abs(again-began) > sameStartSeconds {
		return true
	}
	earlier, later := counters(before), counters(after)
	for i := range earlier {
		a, okA := earlier[i].Get()
		b, okB := later[i].Get()
		if okA && okB && b < a {
			return true
		}
	}
	for _, reason := range sortedKeys(before.FinishedByReason) {
		if now, still := after.FinishedByReason[reason]; still && now < before.FinishedByReason[reason] {
			return true
		}
	}
	return false
}

// counters are the cumulative quantities of a reading, always in the same order.
// Hits that were computed from a rate may fall by its rounding and say nothing.
func counters(r Reading) []Measure {
	hits := r.PrefixHitTokens
	if r.isDerived("prefix_hit_tokens") {
		hits = Unknown()
	}
	out := []Measure{
		r.Preemptions, r.PromptTokens, r.GenerationTokens, r.PrefixQueryTokens, hits,
		r.DraftTokens, r.AcceptedTokens, r.Errors, r.EngineSteps,
	}
	for _, h := range []*Histogram{r.TTFT, r.ITL, r.TPOT, r.E2E, r.Queue, r.Prefill, r.Decode, r.PromptLengths, r.OutputLengths} {
		observations := Unknown()
		if h != nil {
			observations = Known(h.Count)
		}
		out = append(out, observations)
	}
	return out
}
