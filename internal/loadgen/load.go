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

// plan is a load that is ready to be sent.
type plan struct {
	urls    []string // taken in turn
	shots   []shot
	prompts prompts
	warmup  time.Duration // shots before it are sent and not counted
	window  time.Duration // measured, after the warm-up
	rate    float64       // planned, requests a second
	timeout time.Duration // of one request, from its planned time
	seed    uint64        // of the bounds in the result
}

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
}

// sighting is the state of a load at one moment, counted requests only.
type sighting struct {
	plan       plan
	now        time.Duration // since the start of the load
	landed     []landing
	waiting    []waiting
	aloftAtEnd int // warm-up included; -1 while the window lasts
	// lost is why the rest was abandoned at lostAt, nil when it was not.
	lost   *serving.Evidence
	lostAt time.Duration
}

// waiting is a request that has not ended yet.
type waiting struct {
	at    time.Duration
	first bool // its first token has arrived
}

// watcher says whether a load is lost, and why.
type watcher func(sighting) (why serving.Evidence, lost bool)

// run sends a plan and waits until every request has ended. When watch (which
// may be nil) finds the load lost, the rest is abandoned at once. When ctx ends
// everything in flight is dropped and ctx.Err() returned; either way no
// goroutine outlives the call.
func (g *Generator) run(ctx context.Context, p plan, watch watcher) (sighting, error) {
	sending, abandon := context.WithCancel(ctx)
	defer abandon()
	l := &load{g: g, plan: p, start: time.Now(), aloft: map[*flight]struct{}{}, aloftAtEnd: -1}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.dispatch(sending)
		l.done.Wait()
	}()
	lost, lostAt := l.watch(ended, watch, abandon)
	if err := ctx.Err(); err != nil {
		return sighting{}, err
	}
	seen := l.sight()
	seen.lost, seen.lostAt = lost, lostAt
	return seen, nil
}

// watch waits for the end of the load, abandoning it when it is lost.
func (l *load) watch(ended <-chan struct{}, watch watcher, abandon func()) (lost *serving.Evidence, at time.Duration) {
	tick := time.NewTicker(watchTick)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return lost, at
		case <-tick.C:
			if watch == nil || lost != nil {
				continue
			}
			seen := l.sight()
			if why, over := watch(seen); over {
				lost, at = &why, seen.now
				abandon()
			}
		}
	}
}

// dispatch sends every shot at its time, however many are still unanswered.
func (l *load) dispatch(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i, s := range l.plan.shots {
		body := l.plan.prompts.body(s)
		if !sleepUntil(ctx, timer, l.start.Add(s.at)) {
			return
		}
		f := &flight{at: s.at, counted: s.at >= l.plan.warmup}
		l.mu.Lock()
		l.aloft[f] = struct{}{}
		l.mu.Unlock()
		l.done.Go(func() { l.fly(ctx, f, body, l.plan.urls[i%len(l.plan.urls)]) })
	}
	// The window lasts until the shot after the last would have been due.
	if !sleepUntil(ctx, timer, l.start.Add(l.plan.warmup+l.plan.window)) {
		return
	}
	l.mu.Lock()
	l.aloftAtEnd = len(l.aloft)
	l.mu.Unlock()
}

func (l *load) fly(ctx context.Context, f *flight, body []byte, url string) {
	r := l.g.send(ctx, call{url: url, body: body, planned: l.start.Add(f.at), timeout: l.plan.timeout,
		onFirst: func() { f.first.Store(true) }})
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.aloft, f)
	l.landed = append(l.landed, landing{at: f.at, counted: f.counted, Request: r})
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
