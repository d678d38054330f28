package llmsim

import (
	"fmt"
	"math"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// jitter is the standard deviation of the logarithm of a step's time. Measured
// TPOT at one client has a p99 of 1.02 times its median, which 1% gives.
const jitter = 0.01

// Costs is the time model of an engine; perfmodel.Model implements it.
type Costs interface {
	// StepSeconds is the time of one engine step.
	StepSeconds(perfmodel.Batch) float64
	// APISeconds is the time between a request's arrival and its reaching the
	// scheduler.
	APISeconds(promptTokens int) float64
}

// Rejection is a request that the scheduler did not take, and why:
// sched.ErrTooLong, sched.ErrOverloaded or a request that makes no sense.
type Rejection struct {
	Request *sched.Request
	Err     error
}

// Core is an engine without a clock. Its driver says what time it is: Begin a
// step, let its seconds pass, Finish it. It is not safe for concurrent use.
type Core struct {
	scheduler *sched.Scheduler
	costs     Costs
	pending   pending
	noise     noise
}

// NewCore returns an idle engine. The seed determines the jitter of its steps.
func NewCore(l sched.Limits, c Costs, seed uint64) (*Core, error) {
	s, err := sched.New(l)
	if err != nil {
		return nil, fmt.Errorf("scheduler: %w", err)
	}
	return &Core{scheduler: s, costs: c, noise: noise{state: seed}}, nil
}

// NewModelCore returns an idle engine that behaves as the model says.
func NewModelCore(m perfmodel.Model, seed uint64) (*Core, error) {
	return NewCore(sched.LimitsOf(m), m, seed)
}

// Submit takes a request that arrived at r.Times.Arrived. It reaches the
// scheduler when the API server is done with it.
func (c *Core) Submit(r *sched.Request) {
	r.Times.Queued = r.Times.Arrived + c.costs.APISeconds(len(r.Prompt))
	c.pending.push(r)
}

// Abort takes a request out, wherever it is; false when it has ended before.
func (c *Core) Abort(r *sched.Request) bool {
	return c.pending.remove(r) || c.scheduler.Abort(r)
}

// Begin starts a step at now with what has reached the scheduler by then, and
// returns how long it takes. ok is false when there is nothing to do before
// NextQueued. A request that the scheduler refuses is returned as rejected.
func (c *Core) Begin(now float64) (seconds float64, rejected []Rejection, ok bool) {
	for {
		r, due := c.pending.popDue(now)
		if !due {
			break
		}
		if err := c.scheduler.Add(r); err != nil {
			rejected = append(rejected, Rejection{Request: r, Err: err})
		}
	}
	batch, ok := c.scheduler.Schedule(now)
	if !ok {
		return 0, rejected, false
	}
	return c.costs.StepSeconds(batch) * math.Exp(jitter*c.noise.normal()), rejected, true
}

// Finish ends the step; its tokens exist at now. The result is valid until the
// next call.
func (c *Core) Finish(now float64) []sched.Emission { return c.scheduler.Complete(now) }

// NextQueued is when the next request reaches the scheduler; false when none is
// on its way.
func (c *Core) NextQueued() (float64, bool) { return c.pending.next() }

// Stats is the state of the scheduler, where requests that are still in the API
// server do not count.
func (c *Core) Stats() sched.Stats { return c.scheduler.Stats() }

// ResetPrefixCache forgets cached prefixes; false while requests hold blocks.
func (c *Core) ResetPrefixCache() bool { return c.scheduler.ResetPrefixCache() }
