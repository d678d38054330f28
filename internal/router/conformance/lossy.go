package conformance

import (
	"errors"
	"net/http"
	"sync"
)

// ErrLost is the error of an exchange whose answer was lost on purpose.
var ErrLost = errors.New("the answer was lost on the way")

// Loser decides which exchange with a router loses its answer: the one place for
// routers over HTTP and over sockets. Its zero value loses none.
type Loser struct {
	mu    sync.Mutex
	armed bool
	left  int
	lost  bool
}

// Arm is Subject.LoseAnswer.
func (l *Loser) Arm(n int) (disarm func() (lost bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed, l.left, l.lost = true, n, false
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.armed = false
		return l.lost
	}
}

// Loses is to be asked once for each exchange: true loses its answer.
func (l *Loser) Loses() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.armed {
		return false
	}
	l.left--
	if l.left >= 0 {
		return false
	}
	l.armed, l.lost = false, true
	return true
}

// Transport makes exchanges over HTTP and loses the answers of those that the
// Loser picks.
func (l *Loser) Transport(next http.RoundTripper) http.RoundTripper {
	return lossy{loser: l, next: next}
}

type lossy struct {
	loser *Loser
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (l lossy) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := l.next.RoundTrip(req)
	if err == nil && l.loser.Loses() {
		_ = res.Body.Close()
		return nil, ErrLost
	}
	return res, err
}
