package sched

// Stats is the state of the scheduler and what it has counted since the start.
type Stats struct {
	Running, Waiting int
	Blocks, Used     int // of the KV cache; cached blocks that nobody holds count as free
	Preemptions      int
	PrefixQueries    int // tokens looked up
	PrefixHits       int // tokens found
	// StepTokens is what the engine reports as the tokens of the last step: the
	// prompts whose computation it completed, in full, and the tokens generated.
	StepTokens int
}

// Usage is the share of the KV cache that requests hold.
func (s Stats) Usage() float64 { return float64(s.Used) / float64(s.Blocks) }

// Stats returns the present state.
func (s *Scheduler) Stats() Stats {
	out := s.stats
	out.Running, out.Waiting = len(s.running), len(s.waiting)
	out.Used = s.pool.size() - s.pool.free
	return out
}

// ResetPrefixCache forgets all cached content. Like the engine it refuses, with
// false, while requests hold blocks.
func (s *Scheduler) ResetPrefixCache() bool {
	if s.pool.free != s.pool.size() {
		return false
	}
	s.pool.forget()
	return true
}
