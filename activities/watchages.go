package activities

import (
	"sync"
	"time"
)

// looks are when each fleet that is watched here was last looked at.
type looks struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (l *looks) at(fleet string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = map[string]time.Time{}
	}
	l.last[fleet] = now
}

func (l *looks) over(fleet string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.last, fleet)
}

// WatchAges are the seconds since each fleet that a worker watches was last looked at.
// It is no method, because each of those is an activity.
func WatchAges(a *Watch) map[string]float64 {
	a.looks.mu.Lock()
	defer a.looks.mu.Unlock()
	out := map[string]float64{}
	for fleet, at := range a.looks.last {
		out[fleet] = time.Since(at).Seconds()
	}
	return out
}
