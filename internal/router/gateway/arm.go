package gateway

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// arm is what the gateway knows of one variant for as long as it runs, whatever
// its weight and replicas.
type arm struct {
	variant serving.Variant
	// inFlight counts the requests it serves now, those on replicas that have
	// left the pool included: a drain waits for it to be 0.
	inFlight atomic.Int64
	// abandoned counts requests whose client left before the end. They are no
	// samples: they say nothing certain of the variant.
	abandoned atomic.Int64

	mu       sync.Mutex
	capacity int
	ring     []serving.RequestSample // oldest at next once full
	next     int
	evicted  []second
	// requests and failed are of all samples since the gateway started.
	requests, failed int64
	// running are the observed requests that it serves now.
	running map[*flight]struct{}
}

// second counts the samples that fell out of the ring, by the second in which
// they ended, so that counts are of all requests even where samples are not.
type second struct {
	unix             int64
	requests, failed int
}

// evictedSeconds is how far back counts reach beyond the ring: six hours, longer
// than any stage lasts.
const evictedSeconds = 6 * 3600

func newArm(v serving.Variant, capacity int) *arm {
	return &arm{variant: v, capacity: capacity, running: map[*flight]struct{}{}}
}

// record keeps the sample of a flight, nil for a request that never left; its end
// is now. In the same instant it is no longer running, so nobody sees it twice.
func (a *arm) record(f *flight, s serving.RequestSample) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.running, f)
	s.EndedUnix = unixSeconds(time.Now())
	a.requests++
	if s.Failed {
		a.failed++
	}
	if len(a.ring) < a.capacity {
		a.ring = append(a.ring, s)
		return
	}
	a.evict(a.ring[a.next])
	a.ring[a.next] = s
	a.next = (a.next + 1) % a.capacity
}

// count gives the running totals.
func (a *arm) count(epoch string) serving.ArmCounters {
	a.mu.Lock()
	defer a.mu.Unlock()
	return serving.ArmCounters{Variant: a.variant, Requests: a.requests, Failed: a.failed, Epoch: epoch}
}

func (a *arm) evict(s serving.RequestSample) {
	at := int64(s.EndedUnix)
	if n := len(a.evicted); n == 0 || a.evicted[n-1].unix != at {
		if n == evictedSeconds {
			a.evicted = append(a.evicted[:0], a.evicted[1:]...)
		}
		a.evicted = append(a.evicted, second{unix: at})
	}
	last := &a.evicted[len(a.evicted)-1]
	last.requests++
	if s.Failed {
		last.failed++
	}
}

// observe gives the samples that ended in [since, until), oldest first, and what
// runs now. Where samples have been dropped, a second belongs to the window by its
// beginning.
func (a *arm) observe(since, until float64, now time.Time) serving.ArmObservation {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := serving.ArmObservation{Variant: a.variant, Samples: []serving.RequestSample{}, Running: a.runningAt(now)}
	for i := range a.ring {
		s := a.ring[(a.next+i)%len(a.ring)]
		if s.EndedUnix < since || s.EndedUnix >= until {
			continue
		}
		o.Samples = append(o.Samples, s)
		o.Requests++
		if s.Failed {
			o.Failed++
		}
	}
	for _, e := range a.evicted {
		if at := float64(e.unix); at >= since && at < until {
			o.Requests += e.requests
			o.Failed += e.failed
		}
	}
	return o
}

func unixSeconds(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }
