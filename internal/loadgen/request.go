package loadgen

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Error kinds of a Request. An answer other than 200 is "http_" and its status.
const (
	KindConnect   = "connect"   // no connection could be opened
	KindNoAnswer  = "no_answer" // the connection ended before any answer
	KindTimeout   = "timeout"
	KindCut       = "cut"       // the stream ended before the answer did
	KindEngine    = "engine"    // the engine reported an error in the stream, or aborted
	KindMalformed = "malformed" // not an event stream of completions
	KindEmpty     = "empty"     // whole, but not one token
	// KindGenerator is a limit of this host (descriptors, ports); it makes the
	// result Invalid, since the engine is not to blame.
	KindGenerator = "generator"
	// KindAbandoned was cut off by the generator. It is not a lost request.
	KindAbandoned = "abandoned"
)

// closingGrace is how long a stream may stay open after the answer before
// its connection is given up; read to its end, the connection serves again.
const closingGrace = time.Second

// Request is one finished request. Latencies run from Planned, in seconds.
type Request struct {
	Planned    time.Time
	LagSeconds float64 // how late the generator sent it
	// TTFTSeconds, ITLSeconds and E2ESeconds are as in field.md 4.1: to the first
	// content, the mean gap between tokens (unknown for fewer than two), and to
	// the last content (known only for a whole answer). Of an abandoned request
	// TTFT and E2E are the time it had waited, as far as they had not happened.
	TTFTSeconds  serving.Measure
	ITLSeconds   serving.Measure
	E2ESeconds   serving.Measure
	PromptTokens int // as the engine counts them, 0 when it does not say
	OutputTokens int
	Error        string // kind, "" when the answer was whole

	lastSeconds float64 // to the last content that arrived, also of a broken stream
}

// Whole reports an answer that came complete.
func (r Request) Whole() bool { return r.Error == "" }

// Lost reports a request whose user did not get the answer, through no doing of
// the generator.
func (r Request) Lost() bool {
	return r.Error != "" && r.Error != KindAbandoned && r.Error != KindGenerator
}

// call is a request about to be sent.
type call struct {
	url      string
	body     []byte
	protocol protocol
	planned  time.Time
	timeout  time.Duration // from planned
	onFirst  func()        // the first content arrived
	gaps     *pooledGaps   // takes the gaps of a whole answer; nil: nobody wants them
	answer   *[]byte       // takes the text of the answer; nil: nobody wants it
}

// send makes the call and reads its stream to the end. It returns when the
// answer is whole, broken, timed out, or parent has ended.
func (g *Generator) send(parent context.Context, c call) Request {
	r := Request{Planned: c.planned}
	ctx, cancel := context.WithDeadline(parent, c.planned.Add(c.timeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(c.body))
	if err != nil {
		r.Error = KindMalformed
		return r
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	r.LagSeconds = time.Since(c.planned).Seconds()
	resp, err := g.client.Do(req)
	if err != nil {
		r.fail(parent, kindOfSend(err))
		return r
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		r.fail(parent, "http_"+strconv.Itoa(resp.StatusCode))
	} else {
		g.readAnswer(parent, resp.Body, c, &r)
	}
	if r.Error == "" || resp.StatusCode != http.StatusOK {
		defer time.AfterFunc(closingGrace, cancel).Stop()
		_, _ = io.CopyN(io.Discard, resp.Body, readBuffer) // only to reuse the connection
	}
	return r
}

func (g *Generator) readAnswer(parent context.Context, body io.Reader, c call, r *Request) {
	s := g.streams.Get().(*stream)
	defer g.streams.Put(s)
	s.reset(body, r.Planned, c.protocol, c.answer != nil)
	err := s.read(c.onFirst)
	t, late := s.finish()
	r.PromptTokens, r.OutputTokens, r.lastSeconds = t.prompt, t.output, t.last.Seconds()
	if s.first > 0 {
		r.TTFTSeconds = serving.Known(s.first.Seconds())
	}
	if err = errors.Join(err, late); err != nil {
		r.fail(parent, kindOfStream(err))
		return
	}
	r.E2ESeconds = serving.Known(t.last.Seconds())
	if c.gaps != nil {
		c.gaps.add(&s.gaps)
	}
	if c.answer != nil {
		*c.answer = append([]byte(nil), s.answer...)
	}
	if t.output > 1 && t.last > s.first { // all in one event: no gap was seen
		r.ITLSeconds = serving.Known((t.last - s.first).Seconds() / float64(t.output-1))
	}
}

// fail notes why a request failed. Whatever error a request ends with after its
// parent context ended, the generator ended it.
func (r *Request) fail(parent context.Context, kind string) {
	r.Error = kind
	if parent.Err() == nil {
		return
	}
	r.Error = KindAbandoned
	waited := serving.Known(time.Since(r.Planned).Seconds())
	r.E2ESeconds = waited
	if !r.TTFTSeconds.IsKnown() {
		r.TTFTSeconds = waited
	}
}

func kindOfSend(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.EADDRNOTAVAIL):
		return KindGenerator
	case errors.As(err, &op) && op.Op == "dial":
		return KindConnect
	case isTimeout(err):
		return KindTimeout
	}
	return KindNoAnswer
}

func kindOfStream(err error) string {
	switch {
	case errors.Is(err, errEngine), errors.Is(err, errAborted):
		return KindEngine
	case errors.Is(err, errMalformed):
		return KindMalformed
	case errors.Is(err, errEmpty):
		return KindEmpty
	case isTimeout(err):
		return KindTimeout
	}
	return KindCut
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}
