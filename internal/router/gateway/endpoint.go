package gateway

import (
	"sync/atomic"
	"time"

	"github.com/optiinfra/performance-agent/internal/router"
)

// How long a replica that refused a connection is left alone: short at first,
// because it may just be restarting, doubling so that a dead one costs few
// requests a detour.
const (
	firstCoolDown   = 500 * time.Millisecond
	longestCoolDown = 15 * time.Second
)

// endpoint is one replica. The same replica in two tables is the same endpoint,
// so its counts survive a change of weights.
type endpoint struct {
	router.Endpoint

	inFlight atomic.Int64
	// downUntil is the end of the cool-down in Unix nanoseconds; 0: it is up.
	downUntil atomic.Int64
	failures  atomic.Int32 // in a row
}

// cooling reports whether it failed a moment ago.
func (e *endpoint) cooling(nowNano int64) bool { return nowNano < e.downUntil.Load() }

// failed starts a cool-down.
func (e *endpoint) failed(now time.Time) {
	e.downUntil.Store(now.Add(coolDown(e.failures.Add(1))).UnixNano())
}

// up ends a cool-down: it answered, or the operator named it anew.
func (e *endpoint) up() {
	if e.downUntil.Load() != 0 {
		e.downUntil.Store(0)
		e.failures.Store(0)
	}
}

// claim reports whether the caller may send a request. After a cool-down one
// request alone may, so that a host that swallows packets delays one user and
// not all who arrive during the dial.
func (e *endpoint) claim(now time.Time) bool {
	until := e.downUntil.Load()
	if until == 0 || now.UnixNano() < until { // up, or the last resort
		return true
	}
	return e.downUntil.CompareAndSwap(until, now.Add(coolDown(e.failures.Load())).UnixNano())
}

func coolDown(failures int32) time.Duration {
	d := firstCoolDown << min(max(failures-1, 0), 10)
	return min(d, longestCoolDown)
}
