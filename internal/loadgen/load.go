package loadgen

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// watchTick is how often a running load is asked whether it is lost: often
// enough to cut a failing step short, too seldom to cost anything.
const watchTick = 200 * time.Millisecond

// flight is a request on its way.
type flight struct {
	at      time.Duration // planned, from the start of the load
	counted bool
	first   atomic.Bool // its first token has arrived
}

// landing is a request that ended.
type landing struct {
	at      time.Duration // planned, from the start of the load
	counted bool
	Request
}

// load is a plan in the course of being sent.
type load struct {
	g     *Generator
	plan  plan
	start time.Time
	done  sync.WaitGroup

	mu     sync.Mutex
	aloft  map[*flight]struct{}
	landed []landing // only ever appended to
	// aloftAtEnd is how many were in flight when the window ended, -1 before.
	aloftAtEnd int

	gaps pooledGaps
}

// sighting is the state of a load at one moment, counted requests only.
type sighting struct {
	plan       plan
	now        time.Duration // since the start of the load
	landed     []landing
	waiting    []waiting
	aloftAtEnd int // warm-up included; -1 while the window lasts
	// lost is why the rest was abandoned at lostAt, nil when it was not; enough is
	// why no more was sent after enoughAt, while what was on its way ended.
	lost, enough     *serving.Evidence
	lostAt, enoughAt time.Duration

	gaps  *serving.LatencySummary
	meter metering
}

// waiting is a request that has not ended yet.
type waiting struct {
	at    time.Duration
	first bool // its first token has arrived
}

// ruling is what is to become of a load.
type ruling int

const (
	goOn   ruling = iota
	enough        // send no more, let what is on its way end
	lost          // abandon everything
)

// watcher says what is to become of a load, and why.
type watcher func(sighting) (ruling, serving.Evidence)

// run sends a plan and waits until every request has ended. When watch (which
// may be nil) finds the load lost, the rest is abandoned at once. When ctx ends
// everything in flight is dropped and ctx.Err() returned; either way no
// goroutine outlives the call.
func (g *Generator) run(ctx context.Context, p plan, watch watcher) (sighting, error) {
	flying, abandon := context.WithCancel(ctx)
	defer abandon()
	sending, stop := context.WithCancel(flying)
	defer stop()
	l := &load{g: g, plan: p, start: time.Now(), aloft: map[*flight]struct{}{}, aloftAtEnd: -1}
	meter := startMeter()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.dispatch(sending, flying)
		l.done.Wait()
	}()
	ruled := l.watch(ended, watch, stop, abandon)
	if err := ctx.Err(); err != nil {
		return sighting{}, err
	}
	seen := l.sight()
	seen.lost, seen.lostAt, seen.enough, seen.enoughAt = ruled.lost, ruled.lostAt, ruled.enough, ruled.enoughAt
	seen.meter, seen.gaps = meter.read(), l.gaps.summary()
	return seen, nil
}

// watch waits for the end of the load, ending it as the watcher rules.
func (l *load) watch(ended <-chan struct{}, watch watcher, stop, abandon func()) (ruled sighting) {
	tick := time.NewTicker(watchTick)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return ruled
		case <-tick.C:
			if watch == nil || ruled.lost != nil {
				continue
			}
			seen := l.sight()
			switch rule, why := watch(seen); {
			case rule == lost:
				ruled.lost, ruled.lostAt = &why, seen.now
				abandon()
			case rule == enough && ruled.enough == nil:
				ruled.enough, ruled.enoughAt = &why, seen.now
				stop()
			}
		}
	}
}

// dispatch sends every shot at its time, however many are still unanswered, or
// sets the users of a closed loop going, and waits for the end of the window.
func (l *load) dispatch(sending, flying context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	if l.plan.users != nil {
		l.keepBusy(sending, flying)
		if l.plan.window == 0 {
			return
		}
	}
	for _, s := range l.plan.shots {
		s.body = l.plan.prompts.body(s, nil) // now, so that it delays nothing
		if !sleepUntil(sending, timer, l.start.Add(s.at)) {
			return
		}
		l.done.Go(func() { l.fly(sending, flying, s) })
	}
	// The window lasts until the shot after the last would have been due.
	if !sleepUntil(sending, timer, l.start.Add(l.plan.warmup+l.plan.window)) {
		return
	}
	l.mu.Lock()
	l.aloftAtEnd = len(l.aloft)
	l.mu.Unlock()
}

func (l *load) sight() sighting {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := sighting{plan: l.plan, now: time.Since(l.start), aloftAtEnd: l.aloftAtEnd, landed: l.landed}
	for f := range l.aloft {
		if f.counted {
			s.waiting = append(s.waiting, waiting{at: f.at, first: f.first.Load()})
		}
	}
	return s
}

// sleepUntil waits for a moment and reports false when ctx ended first.
func sleepUntil(ctx context.Context, timer *time.Timer, moment time.Time) bool {
	if wait := time.Until(moment); wait > 0 {
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}
