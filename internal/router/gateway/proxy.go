package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"time"
)

// sessionHeader names the session of a request. Requests of one session stay
// with their variant, so that its answers do not change style in mid-talk and
// its prefix cache is used.
const sessionHeader = "X-Session-Id"

// Handler serves user traffic: every path goes to a replica.
func (g *Gateway) Handler() http.Handler { return http.HandlerFunc(g.serve) }

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	// The whole body first: it can then be sent again, and the proxy never reads
	// it while it writes the answer, which breaks streams (golang/go#40747).
	body, err := readBody(w, r, g.opts.MaxBodyBytes)
	if err != nil {
		refuseBody(w, err)
		return
	}
	x := &exchange{gateway: g, point: place(r.Header.Get(sessionHeader)), header: r.Header, arrived: arrived, body: body,
		// Inference is POST; a list of models in a millisecond is no sample.
		observed: r.Method == http.MethodPost}
	x.streams = x.observed && asksForStream(r.URL.Path, body)
	proxy := httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			proxied(p.In.Header, p.Out.Header)
			p.SetXForwarded()
		},
		Transport:     x,
		FlushInterval: -1,
		BufferPool:    g.buffers,
		ErrorLog:      slog.NewLogLogger(g.opts.Logger.Handler(), slog.LevelWarn),
		ErrorHandler:  refuse,
	}
	proxy.ServeHTTP(w, r)
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	limited := http.MaxBytesReader(w, r.Body, limit)
	if r.ContentLength < 0 {
		return io.ReadAll(limited)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(limited, body)
	return body, err
}

// place puts a request on the line of shares: a session always at the same
// point, any other at a random one.
func place(session string) int {
	if session == "" {
		return rand.IntN(points)
	}
	h := fnv.New64a()
	_, _ = io.WriteString(h, session)
	return int(mix(h.Sum64()) % points)
}

// mix is the finalizer of splitmix64 (Steele, Lea, Flood 2014): FNV alone leaves
// names that differ in their last letters close together.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func refuseBody(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		w.Header().Set("Connection", "close") // the rest of the body is not read
		writeUserError(w, http.StatusRequestEntityTooLarge, "request_too_large", "the request body is larger than the gateway takes")
		return
	}
	writeUserError(w, http.StatusBadRequest, "bad_request", "the request body could not be read")
}

// refuse answers a request that no replica answered.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case r.Context().Err() != nil || errors.Is(err, context.Canceled):
		// The client has left; the status is for a log at most.
		w.WriteHeader(statusClientClosed)
	case errors.Is(err, errNoEndpoint):
		w.Header().Set("Retry-After", "1")
		writeUserError(w, http.StatusServiceUnavailable, "no_replica", "no replica can serve the request now")
	case isSlow(err):
		writeUserError(w, http.StatusGatewayTimeout, "replica_timeout", "the replica did not answer in time")
	default:
		writeUserError(w, http.StatusBadGateway, "bad_gateway", "the replica did not answer")
	}
}

// statusClientClosed is nginx's status for a client that left.
const statusClientClosed = 499

// writeUserError uses the form of OpenAI's errors, which the clients of engines
// understand.
func writeUserError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
		"message": message, "type": "gateway_error", "code": code}})
}
