package program

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/fault"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// Ends of an engine by a fault.
var (
	ErrCrashed     = errors.New("simulated crash")
	ErrOutOfMemory = errors.New("torch.OutOfMemoryError: CUDA out of memory (simulated fault)")
)

// driftEvery is how often a drifting slowdown is brought up to date.
const driftEvery = time.Second

// ailments bring faults into force.
type ailments struct {
	program *Program
	died    chan error // the first end of the engine by a fault
	crash   *fuse

	mu       sync.Mutex
	set      fault.Set
	reset    *fuse
	drifting time.Time // since when
}

func (p *Program) newAilments() *ailments {
	a := &ailments{program: p, died: make(chan error, 1), set: fault.None(), reset: newFuse(func() {})}
	a.crash = newFuse(func() { a.die(ErrCrashed) })
	p.memory.overflow = func() { a.die(ErrOutOfMemory) }
	return a
}

func (a *ailments) die(why error) {
	select {
	case a.died <- why:
	default: // it is dying already
	}
}

// apply replaces what is in force.
func (a *ailments) apply(set fault.Set) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if set.DriftPerMinute > 0 && a.set.DriftPerMinute == 0 {
		a.drifting = time.Now()
	}
	resets := set.Reset && !a.set.Reset
	a.set = set
	p := a.program
	p.loop.SetFaults(a.slowdown(time.Now()), set.Hang)
	p.api.SetFaults(set.ErrorRate, set.Hang)
	p.api.SetWrong(set.WrongRate)
	p.memory.setLimit(set.OOMUsage)
	if p.page != nil {
		p.page.SetGone(set.NoMetrics)
		p.page.SetHidden(set.Hides)
		p.page.SetBad(set.MetricsLate, set.MetricsCorrupt)
	}
	if set.Crash {
		a.crash.light(set.CrashAfter)
	} else {
		a.crash.putOut()
	}
	if resets || !set.Reset {
		a.reset.putOut()
	}
	if resets && p.page != nil {
		a.reset = newFuse(func() { a.resetCounters() })
		a.reset.light(set.ResetAfter)
	}
}

func (a *ailments) resetCounters() {
	if err := a.program.page.ResetCounters(); err != nil {
		a.program.log.Error("counters are not reset", "error", err)
	}
}

// slowdown is the factor on step times at a moment.
func (a *ailments) slowdown(now time.Time) float64 {
	return a.set.Slowdown * (1 + a.set.DriftPerMinute*now.Sub(a.drifting).Minutes())
}

// drift brings a drifting slowdown up to date until the context ends.
func (a *ailments) drift(ctx context.Context) {
	ticker := time.NewTicker(driftEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			a.mu.Lock()
			if a.set.DriftPerMinute > 0 {
				a.program.loop.SetFaults(a.slowdown(now), a.set.Hang)
			}
			a.mu.Unlock()
		}
	}
}

// memoryGuard watches the use of the KV cache for a fault that makes the engine
// run out of memory.
type memoryGuard struct {
	llmsim.Observer
	limit    atomic.Uint64 // bits of the share; 0: none
	overflow func()
}

func (g *memoryGuard) setLimit(share float64) { g.limit.Store(math.Float64bits(share)) }

// Step implements llmsim.Observer.
func (g *memoryGuard) Step(state sched.Stats, tokens []sched.Emission) {
	g.Observer.Step(state, tokens)
	if limit := math.Float64frombits(g.limit.Load()); limit > 0 && state.Usage() >= limit {
		g.overflow()
	}
}
