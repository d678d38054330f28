package realtime

import (
	"context"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// maxLag is how far the loop may be behind nominal time and still make it good.
// It covers a scheduling hiccup of a busy host; more would turn into a burst of
// tokens that no GPU would produce.
const maxLag = 0.1 // seconds

// Loop is an engine in real time. Its methods may be called from any goroutine.
type Loop struct {
	core     *llmsim.Core
	observer llmsim.Observer
	origin   time.Time
	done     chan struct{}
	wake     chan struct{} // holds at most one: the inbox is not empty

	mu    sync.Mutex
	inbox []func() // to be run by the loop's goroutine

	// Below: the loop's goroutine only.
	streams  map[*sched.Request]*Stream
	slowdown float64
	hang     bool
	timer    *time.Timer
}

// New returns a loop that has not started. The core is the loop's from now on.
func New(core *llmsim.Core, observer llmsim.Observer) *Loop {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &Loop{
		core: core, observer: observer, origin: time.Now(),
		done: make(chan struct{}), wake: make(chan struct{}, 1),
		streams: map[*sched.Request]*Stream{}, slowdown: 1, timer: timer,
	}
}

// Now is the loop's clock in seconds.
func (l *Loop) Now() float64 { return time.Since(l.origin).Seconds() }

// Submit hands in a job whose Request.Times.Arrived is set from Now.
func (l *Loop) Submit(job Job) *Stream {
	s := &Stream{job: job, ready: make(chan struct{}, 1), done: l.done}
	l.post(func() {
		l.streams[job.Request] = s
		l.core.Submit(job.Request)
	})
	return s
}

// Abort frees what the request holds, at the end of the present step.
func (l *Loop) Abort(s *Stream) {
	l.post(func() {
		l.core.Abort(s.job.Request)
		delete(l.streams, s.job.Request)
	})
}

// SetFaults makes each step last slowdown times as long, and stops all progress
// while hang is set.
func (l *Loop) SetFaults(slowdown float64, hang bool) {
	l.post(func() { l.slowdown, l.hang = slowdown, hang })
}

// ResetPrefixCache forgets cached prefixes; false while requests run.
func (l *Loop) ResetPrefixCache(ctx context.Context) (bool, error) {
	reset := make(chan bool, 1)
	l.post(func() { reset <- l.core.ResetPrefixCache() })
	select {
	case ok := <-reset:
		return ok, nil
	case <-ctx.Done():
		return false, ctx.Err()
	case <-l.done:
		return false, ErrStopped
	}
}

func (l *Loop) post(f func()) {
	l.mu.Lock()
	l.inbox = append(l.inbox, f)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *Loop) readInbox() {
	l.mu.Lock()
	inbox := l.inbox
	l.inbox = nil
	l.mu.Unlock()
	for _, f := range inbox {
		f()
	}
}
