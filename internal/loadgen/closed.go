package loadgen

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// users are the callers of a closed loop: each sends its next request as soon as
// the one before has ended. A stalled engine is then asked less, so a closed
// loop finds throughput and latency at a concurrency, not what users would feel
// at a rate.
type users struct {
	number  int
	length  time.Duration // of the measured window; 0: no limit
	most    int           // counted requests; 0: no limit
	mu      sync.Mutex
	next    *schedule
	counted int
}

func closed(p plan, spec serving.LoadSpec) (plan, error) {
	if spec.DurationSeconds <= 0 && spec.MaxRequests <= 0 {
		return plan{}, fmt.Errorf("duration_seconds: must be positive when max_requests is not given: %w", serving.ErrPermanent)
	}
	w := spec.Workload
	w.RatePerSecond, w.Sessions = 1, nil // times are those of the answers
	s, err := newSchedule(w, spec.Seed)
	if err != nil {
		return plan{}, err
	}
	p.rate, p.window = 0, seconds(spec.DurationSeconds)
	p.users = &users{number: spec.Concurrency, length: p.window, most: spec.MaxRequests, next: s}
	return p, nil
}

// take is the next request at a moment of the load; ok is false when there is
// none any more.
func (u *users) take(now, warmup time.Duration) (s shot, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now >= warmup {
		if u.length > 0 && now-warmup >= u.length || u.most > 0 && u.counted >= u.most {
			return shot{}, false
		}
		u.counted++
	}
	s = u.next.next()
	s.at = now
	return s, true
}

// keepBusy runs the users until their requests are used up or ctx ends.
func (l *load) keepBusy(ctx, flying context.Context) {
	for range l.plan.users.number {
		l.done.Go(func() {
			for ctx.Err() == nil {
				s, ok := l.plan.users.take(time.Since(l.start), l.plan.warmup)
				if !ok {
					return
				}
				s.body = l.plan.prompts.body(s, nil)
				l.fly(ctx, flying, s)
			}
		})
	}
}
