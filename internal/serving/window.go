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
	w := window{Snapshot: Snapshot{Fleet: fleet, Variant: variant}}
	for _, readings := range replicas {
		if len(readings) > 0 {
			w.addReplica(readings)
		}
	}
	w.KVUsage = w.kvUsage()
	w.estimateTTFT()
	w.GPUUtilization = w.gpuSum.Over(Known(w.gpuReplicas))
	return w.Snapshot
}

// window is a snapshot in the making.
type window struct {
	Snapshot
	usages        []replicaUsage
	estimatesTTFT bool    // some replica reports only the parts
	gpuSum        Measure // of the replicas' mean GPU utilizations
	gpuReplicas   float64
}

func (w *window) addReplica(readings []Reading) {
	first, last := readings[0], readings[len(readings)-1]
	w.Replicas++
	w.Engine = last.Engine
	if last.Model != "" {
		w.Model = last.Model
	}
	if last.Version != "" {
		w.Version = last.Version
	}
	if last.Revealed != nil {
		w.Revealed = last.Revealed
	}
	w.EndUnix = max(w.EndUnix, last.TakenUnix)
	w.WindowSeconds = max(w.WindowSeconds, last.TakenUnix-first.TakenUnix)
	w.addMissing(last.Missing...)
	w.addDerived(last.Derived)
	w.addGauges(readings)
	w.PerReplica = append(w.PerReplica, loadOf(readings))
	switch {
	case len(readings) < 2:
		w.addMissing(Missing{Quantity: "increases of " + last.Endpoint, Reason: "only one reading in the window"})
	case restartedWithin(readings):
		w.addMissing(Missing{Quantity: "increases of " + last.Endpoint, Reason: "the engine restarted in the window"})
	default:
		w.addCounters(first, last)
		w.addHistograms(first, last)
	}
}

func (w *window) addMissing(list ...Missing) {
	for _, m := range list {
		if !slices.Contains(w.Missing, m) {
			w.Missing = append(w.Missing, m)
		}
	}
}

func (w *window) addDerived(list []Derived) {
	for _, d := range list {
		if !slices.Contains(w.Derived, d) {
			w.Derived = append(w.Derived, d)
		}
	}
}

// loadOf is a replica's own part. Its requests are those that finished between
// its first and last reading; unknown after a restart.
func loadOf(readings []Reading) ReplicaLoad {
	load := ReplicaLoad{
		Endpoint: readings[len(readings)-1].Endpoint,
		Running:  mean(readings, func(r Reading) Measure { return r.Running }),
		Waiting:  mean(readings, waiting),
		KVUsage:  mean(readings, func(r Reading) Measure { return r.KVUsage }),
	}
	if len(readings) >= 2 && !restartedWithin(readings) {
		alone := window{}
		alone.addCounters(readings[0], readings[len(readings)-1])
		alone.addHistograms(readings[0], readings[len(readings)-1])
		load.Requests = alone.Requests()
	}
	return load
}

func (w *window) addGauges(readings []Reading) {
	w.Running = w.Running.Plus(mean(readings, func(r Reading) Measure { return r.Running }))
	w.Waiting = w.Waiting.Plus(mean(readings, waiting))
	w.KVReservedTokens = w.KVReservedTokens.Plus(mean(readings, func(r Reading) Measure { return r.KVReservedTokens }))
	w.KVCapacityTokens = w.KVCapacityTokens.Plus(readings[len(readings)-1].KVCapacityTokens)
	if usage, known := mean(readings, func(r Reading) Measure { return r.KVUsage }).Get(); known {
		w.usages = append(w.usages, replicaUsage{usage, readings[len(readings)-1].KVCapacityTokens.Or(0)})
	}
	w.addGPU(readings)
	for _, r := range readings {
		if v, ok := r.KVUsage.Get(); ok {
			w.KVUsageMax = Known(max(w.KVUsageMax.Or(v), v))
		}
	}
}

func (w *window) addGPU(readings []Reading) {
	if busy := mean(readings, func(r Reading) Measure { return r.GPUUtilization }); busy.IsKnown() {
		w.gpuSum, w.gpuReplicas = w.gpuSum.Plus(busy), w.gpuReplicas+1
	}
	w.GPUMemoryUsedBytes = w.GPUMemoryUsedBytes.Plus(mean(readings, func(r Reading) Measure { return r.GPUMemoryUsedBytes }))
	w.GPUMemoryTotalBytes = w.GPUMemoryTotalBytes.Plus(readings[len(readings)-1].GPUMemoryTotalBytes)
}

// waiting counts swapped-out requests too: they wait for memory. An engine that
// does not say how many wait is not known to have only those.
func waiting(r Reading) Measure {
	if !r.Waiting.IsKnown() {
		return Unknown()
	}
	return r.Waiting.Plus(r.Swapped)
}

func (w *window) addCounters(first, last Reading) {
	add := func(name string, sum *Measure, from, to Measure) {
		a, had := from.Get()
		b, has := to.Get()
		switch {
		case has && had:
			// After the test for restarts only a computed quantity can fall, by its rounding.
			*sum = sum.Plus(Known(max(0, b-a)))
		case has:
			*sum = sum.Plus(to) // the series appeared within the window, at 0
		case had:
			w.addMissing(Missing{Quantity: name, Reason: last.Endpoint + " stopped reporting it in the window"})
		}
	}
	add("preemptions", &w.Preemptions, first.Preemptions, last.Preemptions)
	add("prompt_tokens", &w.PromptTokens, first.PromptTokens, last.PromptTokens)
	add("generation_tokens", &w.GenerationTokens, first.GenerationTokens, last.GenerationTokens)
	add("prefix_query_tokens", &w.PrefixQueryTokens, first.PrefixQueryTokens, last.PrefixQueryTokens)
	add("prefix_hit_tokens", &w.PrefixHitTokens, first.PrefixHitTokens, last.PrefixHitTokens)
	add("draft_tokens", &w.DraftTokens, first.DraftTokens, last.DraftTokens)
	add("accepted_tokens", &w.AcceptedTokens, first.AcceptedTokens, last.AcceptedTokens)
	add("errors", &w.Errors, first.Errors, last.Errors)
	add("engine_steps", &w.EngineSteps, first.EngineSteps, last.EngineSteps)
	for _, reason := range sortedKeys(last.FinishedByReason) {
		if w.FinishedByReason == nil {
			w.FinishedByReason = map[string]float64{}
		}
		w.FinishedByReason[reason] += last.FinishedByReason[reason] - first.FinishedByReason[reason]
	}
}

func (w *window) addHistograms(first, last Reading) {
	add := func(name string, sum **Histogram, from, to *Histogram) {
		if to == nil {
			if from != nil {
				w.addMissing(Missing{Quantity: name, Reason: last.Endpoint + " stopped reporting it in the window"})
			}
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
			w.addMissing(Missing{Quantity: name, Reason: "buckets of " + last.Endpoint + " changed in the window or differ between replicas"})
			return
		}
		*sum = &delta
	}
	if last.isDerived("ttft") {
		w.estimatesTTFT = true
	} else {
		add("ttft", &w.TTFT, first.TTFT, last.TTFT)
	}
	add("itl", &w.ITL, first.ITL, last.ITL)
	add("tpot", &w.TPOT, first.TPOT, last.TPOT)
	add("e2e", &w.E2E, first.E2E, last.E2E)
	add("queue", &w.Queue, first.Queue, last.Queue)
	add("prefill", &w.Prefill, first.Prefill, last.Prefill)
	add("decode", &w.Decode, first.Decode, last.Decode)
	add("prompt_lengths", &w.PromptLengths, first.PromptLengths, last.PromptLengths)
	add("output_lengths", &w.OutputLengths, first.OutputLengths, last.OutputLengths)
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
