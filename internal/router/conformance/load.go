package conformance

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Load is clients that ask one request after the other until stopped; every
// second one is a session.
type Load struct {
	stop     atomic.Bool
	wg       sync.WaitGroup
	answered atomic.Int64
	mu       sync.Mutex
	lost     []Answer
	by       map[string]int
}

// NewLoad starts that many clients; they end with the test at the latest.
func NewLoad(t testing.TB, u *User, clients int) *Load {
	t.Helper()
	l := &Load{by: map[string]int{}}
	for c := range clients {
		header := http.Header{}
		if c%2 == 0 {
			header.Set(SessionHeader, fmt.Sprintf("client-%d", c))
		}
		l.wg.Go(func() {
			for !l.stop.Load() {
				l.note(u.Ask(context.Background(), header, `{"prompt":"hello","stream":true}`))
			}
		})
	}
	t.Cleanup(l.End)
	return l
}

func (l *Load) note(a Answer) {
	l.answered.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.by[a.From]++
	if a.Err != nil || a.Status != http.StatusOK {
		l.lost = append(l.lost, a)
	}
}

// More waits until that many more requests were answered.
func (l *Load) More(t *testing.T, n int64) {
	t.Helper()
	goal := l.answered.Load() + n
	eventually(t, "clients go on", func() bool { return l.answered.Load() >= goal })
}

// End stops the clients after the requests that they have running.
func (l *Load) End() { l.stop.Store(true); l.wg.Wait() }

// Answered is how many requests ended so far.
func (l *Load) Answered() int64 { return l.answered.Load() }

// Lost are the answers that were no whole stream. To be called after End.
func (l *Load) Lost() []Answer { return l.lost }

// By is how many requests each engine answered. To be called after End.
func (l *Load) By() map[string]int { return l.by }

// RequireNothingLost ends the load and asserts that every user got a whole
// answer.
func (l *Load) RequireNothingLost(t *testing.T) {
	t.Helper()
	l.End()
	require.NotZero(t, l.answered.Load())
	require.Empty(t, l.lost, "of %d requests", l.answered.Load())
}
