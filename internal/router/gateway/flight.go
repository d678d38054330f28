package gateway

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// flight is an observed request on its way at a replica: what is known of it
// before it ends. A nil one is of a request that is not observed.
type flight struct {
	arrived time.Time
	// first is when the first byte of a stream came, in nanoseconds after arrived;
	// awaited while none has, and whole when none will.
	first atomic.Int64
}

// States of flight.first besides a time, which is at least 1.
const (
	awaited = 0
	whole   = -1
)

// flight begins a flight of the exchange.
func (x *exchange) flight() *flight {
	if !x.observed {
		return nil
	}
	f := &flight{arrived: x.arrived}
	if !x.streams {
		f.comesWhole()
	}
	return f
}

// comesWhole notes that the answer is no stream.
func (f *flight) comesWhole() {
	if f != nil {
		f.first.Store(whole)
	}
}

// firstByteAt notes the first byte of a stream.
func (f *flight) firstByteAt(now time.Time) {
	if f != nil {
		f.first.Store(max(int64(now.Sub(f.arrived)), 1))
	}
}

// begin and leave keep the flights of an arm; leaving twice is leaving once.
func (a *arm) begin(f *flight) {
	if f == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running[f] = struct{}{}
}

func (a *arm) leave(f *flight) {
	if f == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.running, f)
}

// runningAt describes the flights, the oldest first, at most as many as there are
// samples; the caller holds the lock. Never nil: a gateway can tell.
func (a *arm) runningAt(now time.Time) []serving.RunningRequest {
	out := make([]serving.RunningRequest, 0, len(a.running))
	for f := range a.running {
		r := serving.RunningRequest{AgeSeconds: now.Sub(f.arrived).Seconds()}
		switch first := f.first.Load(); first {
		case awaited:
			r.AwaitsToken = true
		case whole:
		default:
			r.TTFTSeconds = serving.Known(time.Duration(first).Seconds())
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b serving.RunningRequest) int { return cmp.Compare(b.AgeSeconds, a.AgeSeconds) })
	return out[:min(len(out), a.capacity)]
}

// asksForStream reports whether a request wants its answer token by token. Inside
// a JSON string the quotes would be escaped, so the name in plain quotes is a field.
func asksForStream(path string, body []byte) bool {
	if strings.HasSuffix(path, "/generate_stream") { // TGI's, which has no such field
		return true
	}
	const field = `"stream"`
	for {
		i := bytes.Index(body, []byte(field))
		if i < 0 {
			return false
		}
		body = body[i+len(field):]
		value, isField := bytes.CutPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte(":"))
		if isField && bytes.HasPrefix(bytes.TrimLeft(value, " \t\r\n"), []byte("true")) {
			return true
		}
	}
}
