package gateway

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// servedVariantHeader tells who answered, so that a split can be verified by
// what arrives at a client.
const servedVariantHeader = "X-Served-Variant"

var errNoEndpoint = errors.New("no replica is left to serve the request")

// exchange is one request of a client and the attempts to have it served. It is
// the RoundTripper of the proxy for that one request.
type exchange struct {
	gateway  *Gateway
	point    int // on the line of shares
	header   http.Header
	arrived  time.Time
	body     []byte
	observed bool
	streams  bool // the client asks for a stream

	tried []*endpoint
}

// RoundTrip sends the request to one replica after another until one answers.
// What a replica answers is final, errors included: only a failure to answer
// moves the request on.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	var last error
	for {
		l, ok := x.next()
		if !ok {
			return nil, errors.Join(errNoEndpoint, last)
		}
		res, err := x.gateway.transport.RoundTrip(x.attempt(req, l.endpoint))
		if err == nil {
			l.endpoint.up()
			res.Header.Set(servedVariantHeader, string(l.arm.variant))
			res.Body = newStream(req.Context(), x, l, res)
			return res, nil
		}
		if again := x.failed(req, l, err); !again {
			return nil, err
		}
		last = err
	}
}

// attempt addresses the request to a replica, with a body of its own to read.
func (x *exchange) attempt(req *http.Request, e *endpoint) *http.Request {
	out := req.WithContext(req.Context())
	u := *req.URL
	u.Scheme, u.Host = e.Scheme, e.Host
	out.URL, out.Host = &u, ""
	out.Body, out.ContentLength, out.TransferEncoding = http.NoBody, int64(len(x.body)), nil
	if len(x.body) > 0 {
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.body)), nil }
		out.Body, _ = out.GetBody()
	}
	return out
}

// failed accounts for an attempt that got no answer and reports whether to go on
// with another replica.
func (x *exchange) failed(req *http.Request, l lease, err error) (again bool) {
	defer l.release()
	if req.Context().Err() != nil {
		l.arm.abandoned.Add(1)
		return false
	}
	x.gateway.opts.Logger.Warn("replica gave no answer", "variant", l.arm.variant, "endpoint", l.endpoint.String(), "error", err)
	x.blame(l.arm, l.flight)
	if isSlow(err) {
		return false
	}
	l.endpoint.failed(time.Now())
	return true
}

func (x *exchange) blame(a *arm, f *flight) {
	if x.observed {
		a.record(f, serving.RequestSample{Failed: true})
	}
}

// isSlow tells a replica that took the request and is late from one that could
// not be reached: resending to a second one would double the load that made the
// first one late.
func isSlow(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return false
	}
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// proxied prepares the outgoing headers, once for all attempts.
func proxied(in, out http.Header) {
	if prior := in["X-Forwarded-For"]; prior != nil {
		out["X-Forwarded-For"] = prior
	}
	out.Del("Accept-Encoding") // events are counted in plain bytes
	// An empty key is not sent, but lets the transport resend on a fresh
	// connection when the replica was just closing the idle one. The body is
	// buffered and no byte of an answer has come, so that is safe.
	if _, given := out["X-Idempotency-Key"]; !given {
		out["X-Idempotency-Key"] = nil
	}
}
