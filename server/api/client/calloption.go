package client

import (
	"net/http"
	"strconv"
	"time"
)

// call is what a caller wants of one call besides its answer.
type call struct{ headers *http.Header }

// CallOption changes one call.
type CallOption func(*call, http.Header)

// Header is any header of the request.
func Header(name, value string) CallOption {
	return func(_ *call, h http.Header) { h.Set(name, value) }
}

// IdempotencyKey makes a call that may be sent twice and is done once: the same key
// with the same body gets the same answer, with another body a problem of status 422.
func IdempotencyKey(key string) CallOption { return Header("Idempotency-Key", key) }

// IfMatch changes a record only if it is still that of the ETag; else the problem is
// of status 412.
func IfMatch(etag string) CallOption { return Header("If-Match", etag) }

// Wait makes a start answer with the end, if that comes within d: whole seconds, 60 at
// most. If not, it answers with how things stand by then.
func Wait(d time.Duration) CallOption {
	return Header("Prefer", "wait="+strconv.FormatInt(int64(d/time.Second), 10))
}

// Actor is the name under which a server without keys (--auth=off) records the call.
func Actor(name string) CallOption { return Header("X-Actor", name) }

// Headers keeps the answer's headers, for example its ETag; a problem's too.
func Headers(into *http.Header) CallOption {
	return func(c *call, _ http.Header) { c.headers = into }
}
