package realtime

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// ErrStopped means that the engine ended before the request did.
var ErrStopped = errors.New("the engine has stopped")

// ErrRejected means that the scheduler refused the request; the reason is in the
// chain (sched.ErrTooLong, sched.ErrOverloaded).
var ErrRejected = errors.New("the engine refused the request")

// Job is a request with what the loop passes on about it.
type Job struct {
	Request   *sched.Request
	MaxTokens int    // as the client asked
	Reason    string // finish reason it will end with
	// WakeEvery wakes the reader at the first token, then after so many more, and
	// at the last; 0: at the last only.
	WakeEvery int
}

// Stream is the reader's side of a submitted job.
type Stream struct {
	job      Job
	woken    int // tokens at the last wake-up; the loop's goroutine only
	read     int // tokens at the last return of Next; the reader's goroutine only
	produced atomic.Int64
	rejected atomic.Pointer[error]
	// ready holds at most one token: it says that something has changed, not how
	// much, so that the loop never waits and a slow reader catches up at once.
	ready chan struct{}
	done  <-chan struct{}
}

// Next waits for more tokens and returns how many exist and whether they are
// all. One goroutine reads a stream.
func (s *Stream) Next(ctx context.Context) (produced int, last bool, err error) {
	for {
		select {
		case <-s.ready:
		case <-ctx.Done():
			return 0, false, ctx.Err()
		case <-s.done:
			return 0, false, ErrStopped
		}
		if reason := s.rejected.Load(); reason != nil {
			return 0, false, fmt.Errorf("%w: %w", ErrRejected, *reason)
		}
		// A reader that was quick has already had the token it is woken for.
		if produced = int(s.produced.Load()); produced > s.read {
			s.read = produced
			return produced, produced >= s.job.Request.Output, nil
		}
	}
}

func (s *Stream) produce(n int, last bool) {
	s.produced.Store(int64(n))
	every := s.job.WakeEvery
	if last || every > 0 && (n == 1 || n-s.woken >= every) {
		s.woken = n
		s.signal()
	}
}

func (s *Stream) reject(reason error) {
	s.rejected.Store(&reason)
	s.signal()
}

func (s *Stream) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}
