package serving

import (
	"maps"
	"slices"
)

// Window measures a variant between the first and the last of each replica's
// readings (given in order of time). A replica with fewer than two readings,
// or one that restarted in between, has no increase and is named in Missing;
// gauges count all the same.
func Window(fleet string, variant Variant, replicas [][]Reading) Snapshot {
	s := Snapshot{Fleet: fleet, Variant: variant}
	for _, readings := range replicas {
		if len(readings) == 0 {
			continue
		}
		s.addReplica(readings)
	}
	return s
}

func (s *Snapshot) addReplica(readings []Reading) {
	first, last := readings[0], readings[len(readings)-1]
	s.Replicas++
	s.Engine, s.Model, s.Revealed = last.Engine, last.Model, last.Revealed
	s.EndUnix = max(s.EndUnix, last.TakenUnix)
	s.WindowSeconds = max(s.WindowSeconds, last.TakenUnix-first.TakenUnix)
	s.addMissing(last.Missing...)
	s.addGauges(readings)
	if len(readings) < 2 {
		s.addMissing(Missing{Quantity: "increases of " + last.Endpoint, Reason: "only one reading in the window"})
		return
	}
	if restarted(first, last) {
		s.addMissing(Missing{Quantity: "increases of " + last.Endpoint, Reason: "the engine restarted in the window"})
		return
	}
	s.addCounters(first, last)
	s.addHistograms(first, last)
}

func (s *Snapshot) addMissing(list ...Missing) {
	for _, m := range list {
		if !slices.Contains(s.Missing, m) {
			s.Missing = append(s.Missing, m)
		}
	}
}

func (s *Snapshot) addGauges(readings []Reading) {
	s.Running = s.Running.Plus(mean(readings, func(r Reading) Measure { return r.Running }))
	s.Waiting = s.Waiting.Plus(mean(readings, func(r Reading) Measure { return r.Waiting.Plus(r.Swapped) }))
	s.KVCapacityTokens = s.KVCapacityTokens.Plus(readings[len(readings)-1].KVCapacityTokens)
	usage := mean(readings, func(r Reading) Measure { return r.KVUsage })
	if v, ok := usage.Get(); ok {
		// Replicas of a variant are alike, so an equal weight is the capacity weight.
		n := float64(s.Replicas)
		s.KVUsage = Known((s.KVUsage.Or(v)*(n-1) + v) / n)
	}
	for _, r := range readings {
		if v, ok := r.KVUsage.Get(); ok {
			s.KVUsageMax = Known(max(s.KVUsageMax.Or(0), v))
		}
	}
}

func (s *Snapshot) addCounters(first, last Reading) {
	add := func(sum *Measure, from, to Measure) {
		if a, ok := from.Get(); ok {
			if b, ok := to.Get(); ok {
				*sum = sum.Plus(Known(b - a))
			}
		} else if to.IsKnown() {
			*sum = sum.Plus(to) // the series appeared within the window
		}
	}
	add(&s.Preemptions, first.Preemptions, last.Preemptions)
	add(&s.PromptTokens, first.PromptTokens, last.PromptTokens)
	add(&s.GenerationTokens, first.GenerationTokens, last.GenerationTokens)
	add(&s.PrefixQueryTokens, first.PrefixQueryTokens, last.PrefixQueryTokens)
	add(&s.PrefixHitTokens, first.PrefixHitTokens, last.PrefixHitTokens)
	add(&s.DraftTokens, first.DraftTokens, last.DraftTokens)
	add(&s.AcceptedTokens, first.AcceptedTokens, last.AcceptedTokens)
	add(&s.Errors, first.Errors, last.Errors)
	add(&s.EngineSteps, first.EngineSteps, last.EngineSteps)
	for _, reason := range sortedKeys(last.FinishedByReason) {
		if s.FinishedByReason == nil {
			s.FinishedByReason = map[string]float64{}
		}
		s.FinishedByReason[reason] += last.FinishedByReason[reason] - first.FinishedByReason[reason]
	}
}

func (s *Snapshot) addHistograms(first, last Reading) {
	add := func(name string, sum **Histogram, from, to *Histogram) {
		if to == nil {
			return
		}
		delta, ok := *to, true
		if from != nil {
			delta, ok = to.Sub(*from)
		}
		if ok && *sum != nil {
			delta, ok = (*sum).Add(delta)
		}
		if !ok {
			s.addMissing(Missing{Quantity: name, Reason: "buckets of " + last.Endpoint + " changed in the window or differ between replicas"})
			return
		}
		*sum = &delta
	}
	add("ttft", &s.TTFT, first.TTFT, last.TTFT)
	add("itl", &s.ITL, first.ITL, last.ITL)
	add("tpot", &s.TPOT, first.TPOT, last.TPOT)
	add("e2e", &s.E2E, first.E2E, last.E2E)
	add("queue", &s.Queue, first.Queue, last.Queue)
	add("prefill", &s.Prefill, first.Prefill, last.Prefill)
	add("decode", &s.Decode, first.Decode, last.Decode)
	add("prompt_lengths", &s.PromptLengths, first.PromptLengths, last.PromptLengths)
	add("output_lengths", &s.OutputLengths, first.OutputLengths, last.OutputLengths)
}

// restarted reports a counter that fell or a process that began later: what the
// engine counted before is gone, so no increase over the window is known.
func restarted(first, last Reading) bool {
	fell := func(a, b Measure) bool {
		x, okA := a.Get()
		y, okB := b.Get()
		return okA && okB && y < x
	}
	began, okA := first.ProcessStartedUnix.Get()
	again, okB := last.ProcessStartedUnix.Get()
	return okA && okB && again > began+1 ||
		fell(first.PromptTokens, last.PromptTokens) ||
		fell(first.GenerationTokens, last.GenerationTokens) ||
		fell(first.Preemptions, last.Preemptions)
}

func mean(readings []Reading, of func(Reading) Measure) Measure {
	sum, n := 0.0, 0.0
	for _, r := range readings {
		if v, ok := of(r).Get(); ok {
			sum, n = sum+v, n+1
		}
	}
	return Known(sum).Over(Known(n))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
