package llmsim

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// rank is one engine of a data-parallel group: a scheduler with its own KV cache
// on its own GPUs. Ranks step independently of each other.
type rank struct {
	scheduler *sched.Scheduler
	stepping  bool
	left      float64 // seconds of the step that are still to pass
	finished  bool    // a step, in the last Finish
	began     float64 // when the last step began
	// inbox holds what has reached the engine and its scheduler has not seen.
	inbox []*sched.Request
	built uint64 // late kernels, by bit
}

// schedule forms the next step of an engine that is not stepping. An engine that
// schedules ahead formed it when the step that has just ended began, from what
// had reached it by then; one that has run empty takes all.
func (r *rank) schedule(now float64, ahead bool) (b perfmodel.Batch, refused []Rejection, ok bool) {
	seen := now
	if ahead && r.finished {
		seen = r.began
	}
	refused = r.take(seen, nil)
	b, ok = r.scheduler.Schedule(now)
	if !ok && len(r.inbox) > 0 {
		refused = r.take(now, refused)
		b, ok = r.scheduler.Schedule(now)
	}
	return b, refused, ok
}

// take gives the scheduler what has reached the engine by the given time, and
// appends to refused what it does not take.
func (r *rank) take(by float64, refused []Rejection) []Rejection {
	n := 0
	for ; n < len(r.inbox) && r.inbox[n].Times.Queued <= by; n++ {
		if err := r.scheduler.Add(r.inbox[n]); err != nil {
			refused = append(refused, Rejection{Request: r.inbox[n], Err: err})
		}
	}
	r.inbox = slices.Delete(r.inbox, 0, n)
	return refused
}

// abort takes a request out; false when the engine does not have it.
func (r *rank) abort(q *sched.Request) bool {
	if i := slices.Index(r.inbox, q); i >= 0 {
		r.inbox = slices.Delete(r.inbox, i, i+1)
		return true
	}
	return r.scheduler.Abort(q)
}

// build is the time of building kernels that a step is the first to use.
func (r *rank) build(b perfmodel.Batch, cold ColdCosts) float64 {
	if cold == nil {
		return 0
	}
	kernel, seconds, ok := cold.ColdKernel(b)
	if !ok || r.built>>kernel&1 == 1 {
		return 0
	}
	r.built |= 1 << kernel
	return seconds
}

// load is the number of requests that the engine has.
func (r *rank) load() int { return r.scheduler.Load() + len(r.inbox) }

// least is the rank with the fewest requests, the first of several.
func (c *Core) least() *rank {
	best := c.ranks[0]
	for _, r := range c.ranks[1:] {
		if r.load() < best.load() {
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
