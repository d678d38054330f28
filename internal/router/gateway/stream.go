package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// stream is the body of an answer on its way to the client. It measures what
// passes and, at Close, records the sample and ends the request's lease.
type stream struct {
	body     io.ReadCloser
	client   context.Context // done when the client has left
	lease    lease
	observed bool
	arrived  time.Time
	status   int
	sse      bool

	events                        eventCounter
	tokens                        int
	firstByte, firstEvent, latest time.Time
	complete, broken              bool
	closed                        atomic.Bool
}

func newStream(client context.Context, x *exchange, l lease, res *http.Response) *stream {
	s := &stream{body: res.Body, client: client, lease: l, observed: x.observed, arrived: x.arrived,
		status: res.StatusCode,
		sse:    strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream")}
	if !s.sse {
		l.flight.comesWhole()
	}
	return s
}

// Read passes bytes on and notes when they came.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	if n > 0 && s.sse {
		s.note(p[:n])
	}
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		s.complete = true
	case s.client.Err() == nil:
		s.broken = true
	}
	return n, err
}

func (s *stream) note(p []byte) {
	now := time.Now()
	if s.firstByte.IsZero() {
		s.firstByte = now
		s.lease.flight.firstByteAt(now)
	}
	events := s.events.scan(p)
	if events == 0 {
		return
	}
	if s.tokens == 0 {
		s.firstEvent = now
	}
	s.tokens += events
	s.latest = now
}

// Write is for a connection that was upgraded (a websocket), whose body is both
// ways.
func (s *stream) Write(p []byte) (int, error) {
	w, ok := s.body.(io.Writer)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	return w.Write(p)
}

// Close ends the request: everything that was read has been given to the client,
// or the client has left.
func (s *stream) Close() error {
	err := s.body.Close()
	if s.closed.Swap(true) {
		return err
	}
	// The sample comes before the release, so that who waits for the drain finds
	// the sample of the last request.
	s.record()
	s.lease.release()
	return err
}

func (s *stream) record() {
	if !s.observed {
		return
	}
	// Some clients hang up at the terminator, before the end of the body.
	finished := s.complete || s.events.done
	if !finished && !s.broken {
		s.lease.arm.abandoned.Add(1)
		return
	}
	s.lease.arm.record(s.lease.flight, s.sample(finished))
}

// sample leaves times unknown where there was no good answer: an error page
// comes fast and would make the variant look so.
func (s *stream) sample(finished bool) serving.RequestSample {
	out := serving.RequestSample{Tokens: s.tokens, Failed: s.status >= 500 || !finished}
	if s.status >= 400 {
		return out
	}
	if !s.firstByte.IsZero() {
		out.TTFTSeconds = serving.Known(s.firstByte.Sub(s.arrived).Seconds())
	}
	if s.tokens > 1 {
		out.ITLSeconds = serving.Known(s.latest.Sub(s.firstEvent).Seconds() / float64(s.tokens-1))
	}
	if finished {
		out.E2ESeconds = serving.Known(time.Since(s.arrived).Seconds())
	}
	return out
}
