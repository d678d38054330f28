package serving

// replicaUsage is the mean use of one replica's KV cache, and the size of it in
// tokens, 0 when that is not known.
type replicaUsage struct{ usage, capacity float64 }

// kvUsage merges the replicas' shares: weighted by the size of their caches, so
// that it is the share of all tokens, where all state a size; otherwise with
// equal weight, which is the same for replicas that are alike.
func (w *window) kvUsage() Measure {
	sized := true
	for _, u := range w.usages {
		sized = sized && u.capacity > 0
	}
	used, total := 0.0, 0.0
	for _, u := range w.usages {
		weight := 1.0
		if sized {
			weight = u.capacity
		}
		used, total = used+weight*u.usage, total+weight
	}
	return Known(used).Over(Known(total))
}

// estimateTTFT computes a derived distribution anew from the parts of the
// window: the estimates of two readings cannot be subtracted, since the later one
// spreads the earlier requests differently.
func (w *window) estimateTTFT() {
	if !w.estimatesTTFT || w.TTFT != nil {
		return
	}
	if w.TTFT = EstimateTTFT(w.Queue, w.Prefill); w.TTFT == nil {
		w.addMissing(Missing{Quantity: "ttft", Reason: "is estimated from queue and prefill, which have no observations in the window"})
	}
}
