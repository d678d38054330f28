package realtime

import (
	"context"
	"time"
)

// Run steps the engine until the context ends. It is called once. Streams that
// are open then end with ErrStopped.
func (l *Loop) Run(ctx context.Context) {
	defer close(l.done)
	nominal := l.Now() // when the next step starts
	for ctx.Err() == nil {
		l.readInbox()
		if l.hang {
			l.await(ctx, 0, false)
			nominal = l.Now()
			continue
		}
		seconds, rejected, ok := l.core.Begin(nominal)
		for _, r := range rejected {
			l.streams[r.Request].reject(r.Err)
			delete(l.streams, r.Request)
		}
		if !ok {
			nominal = l.idle(ctx, nominal)
			continue
		}
		nominal = l.finish(ctx, nominal+seconds*l.slowdown)
	}
}

// idle waits for a request to reach the scheduler and returns when that was.
func (l *Loop) idle(ctx context.Context, nominal float64) float64 {
	l.observer.Step(l.core.Stats(), nil)
	at, coming := l.core.NextQueued()
	if coming && at <= l.Now() {
		return l.forgive(max(nominal, at))
	}
	l.await(ctx, at, coming)
	return nominal
}

// finish lets the step last until end and hands out its tokens. It returns when
// the next step starts.
func (l *Loop) finish(ctx context.Context, end float64) float64 {
	if !l.sleepUntil(ctx, end) {
		return end
	}
	// Latencies are stamped with the time at which the tokens really come out.
	tokens := l.core.Finish(max(end, l.Now()))
	for _, t := range tokens {
		s, open := l.streams[t.Request]
		if !open {
			continue
		}
		s.produce(t.Index+1, t.Last)
		if t.Last {
			delete(l.streams, t.Request)
			l.observer.Finished(t.Request, s.job.Reason, s.job.MaxTokens)
		}
	}
	l.observer.Step(l.core.Stats(), tokens)
	return l.forgive(end)
}

// forgive gives up a delay that is too long to be made good.
func (l *Loop) forgive(nominal float64) float64 {
	now := l.Now()
	if lag := now - nominal; lag > maxLag {
		l.observer.Lost(lag)
		return now
	}
	return nominal
}

// sleepUntil is false when the context ended first.
func (l *Loop) sleepUntil(ctx context.Context, at float64) bool {
	left := at - l.Now()
	if left <= 0 {
		return ctx.Err() == nil
	}
	l.timer.Reset(time.Duration(left * float64(time.Second)))
	select {
	case <-l.timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// await returns when something is in the inbox or, if timed, at the given time.
func (l *Loop) await(ctx context.Context, at float64, timed bool) {
	var expired <-chan time.Time
	if timed {
		l.timer.Reset(time.Duration((at - l.Now()) * float64(time.Second)))
		defer l.timer.Stop()
		expired = l.timer.C
	}
	select {
	case <-l.wake:
	case <-expired:
	case <-ctx.Done():
	}
}
