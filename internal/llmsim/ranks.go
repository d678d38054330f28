package llmsim

import "github.com/optiinfra/performance-agent/internal/llmsim/sched"

// rank is one engine of a data-parallel group: a scheduler with its own KV cache
// on its own GPUs. Ranks step independently of each other.
type rank struct {
	scheduler *sched.Scheduler
	stepping  bool
	left      float64 // seconds of the step that are still to pass
	finished  bool    // a step, in the last Finish
}

// least is the rank with the fewest requests, the first of several.
func (c *Core) least() *rank {
	best := c.ranks[0]
	for _, r := range c.ranks[1:] {
		if r.scheduler.Load() < best.scheduler.Load() {
			best = r
		}
	}
	return best
}

// soonest is the time until the first step that is under way ends.
func (c *Core) soonest() (seconds float64, ok bool) {
	for _, r := range c.ranks {
		if r.stepping && (!ok || r.left < seconds) {
			seconds, ok = r.left, true
		}
	}
	return seconds, ok
}

// pass lets time go on to the end of the soonest step and collects the tokens of
// those that end then.
func (c *Core) pass(now float64) []sched.Emission {
	seconds, _ := c.soonest()
	c.emissions = c.emissions[:0]
	for _, r := range c.ranks {
		r.finished = r.stepping && r.left <= seconds
		switch {
		case r.finished:
			r.stepping, r.left = false, 0
			c.emissions = append(c.emissions, r.scheduler.Complete(now)...)
		case r.stepping:
			r.left -= seconds
		}
	}
	return c.emissions
}

// Ranks are the states of the engines of a data-parallel group; one without it.
func (c *Core) Ranks() []sched.Stats {
	out := make([]sched.Stats, len(c.ranks))
	for i, r := range c.ranks {
		out[i] = r.scheduler.Stats()
	}
	return out
}

// Stats is the state of the schedulers together, where requests that are still
// in the API server do not count. What it says of the last step is that of the
// engines whose step ended last.
func (c *Core) Stats() sched.Stats {
	if len(c.ranks) == 1 {
		return c.ranks[0].scheduler.Stats()
	}
	var all sched.Stats
	for _, r := range c.ranks {
		s := r.scheduler.Stats()
		if !r.finished {
			s.StepTokens, s.Last = 0, sched.Step{}
		}
		all = all.Plus(s)
	}
	return all
}

// ResetPrefixCache forgets cached prefixes; false while requests hold blocks.
func (c *Core) ResetPrefixCache() bool {
	for _, r := range c.ranks {
		if r.scheduler.Stats().Used > 0 {
			return false
		}
	}
	for _, r := range c.ranks {
		r.scheduler.ResetPrefixCache()
	}
	return true
}
