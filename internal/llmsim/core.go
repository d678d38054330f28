package llmsim

import (
	"fmt"
	"math"
	"slices"

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

// ColdCosts is what some engines need once more than a step's time: kernels that
// are built when they are first used. A kernel is a number below 64.
type ColdCosts interface {
	ColdKernel(perfmodel.Batch) (kernel int, seconds float64, ok bool)
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
	ranks     []*rank
	costs     Costs
	pending   pending
	noise     noise
	emissions []sched.Emission

	cold ColdCosts // nil: nothing is built late
	// ahead: a step is scheduled when the one before it begins, so a request that
	// arrives while its engine works waits for one step more.
	ahead bool
}

// NewCore returns an idle engine. The seed determines the jitter of its steps.
func NewCore(l sched.Limits, c Costs, seed uint64) (*Core, error) { return NewGroup(1, l, c, seed) }

// NewGroup returns idle engines behind one API server, which gives each request
// to the one that has fewest. The limits are those of one engine.
func NewGroup(engines int, l sched.Limits, c Costs, seed uint64) (*Core, error) {
	core := &Core{costs: c, noise: noise{state: seed}}
	for range max(engines, 1) {
		s, err := sched.New(l)
		if err != nil {
			return nil, fmt.Errorf("scheduler: %w", err)
		}
		core.ranks = append(core.ranks, &rank{scheduler: s})
	}
	return core, nil
}

// NewModelCore returns an idle engine that behaves as the model says.
func NewModelCore(m perfmodel.Model, seed uint64) (*Core, error) {
	return NewLimitedCore(m, sched.LimitsOf(m), seed)
}

// NewLimitedCore is NewModelCore under other limits than the model's.
func NewLimitedCore(m perfmodel.Model, l sched.Limits, seed uint64) (*Core, error) {
	c, err := NewGroup(m.Settings().DataParallel, l, m, seed)
	if err == nil {
		c.ahead, c.cold = m.Settings().AsyncScheduling, m
	}
	return c, err
}

// Submit takes a request that arrived at r.Times.Arrived. It reaches the
// scheduler when the API server is done with it.
func (c *Core) Submit(r *sched.Request) {
	r.Times.Queued = r.Times.Arrived + c.costs.APISeconds(len(r.Prompt))
	c.pending.push(r)
}

// Abort takes a request out, wherever it is; false when it has ended before.
func (c *Core) Abort(r *sched.Request) bool {
	return c.pending.remove(r) || slices.ContainsFunc(c.ranks, func(k *rank) bool { return k.abort(r) })
}

// Begin starts a step at now with what has reached the scheduler by then, and
// returns how long it takes; of several engines, those that are idle start one,
// and the time is that to the first end of any. ok is false when there is nothing
// to do before NextQueued. A request that the scheduler refuses is returned as rejected.
func (c *Core) Begin(now float64) (seconds float64, rejected []Rejection, ok bool) {
	for {
		r, due := c.pending.popDue(now)
		if !due {
			break
		}
		to := c.least()
		to.inbox = append(to.inbox, r)
	}
	for _, r := range c.ranks {
		if r.stepping {
			continue
		}
		batch, refused, some := r.schedule(now, c.ahead)
		rejected = append(rejected, refused...)
		if some {
			r.stepping, r.began = true, now
			r.left = c.costs.StepSeconds(batch)*math.Exp(jitter*c.noise.normal()) + r.build(batch, c.cold)
		}
	}
	seconds, ok = c.soonest()
	return seconds, rejected, ok
}

// Finish ends the step; its tokens exist at now. The result is valid until the
// next call.
func (c *Core) Finish(now float64) []sched.Emission { return c.pass(now) }

// NextQueued is when the next request reaches the scheduler; false when none is
// on its way.
func (c *Core) NextQueued() (float64, bool) { return c.pending.next() }
