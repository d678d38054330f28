package api

import (
	"fmt"
	"net/http"
)

// kind is why a request gets no answer. The words are TGI's for its failures,
// where it has one.
type kind string

const (
	invalid     kind = "validation"
	notFound    kind = "not_found"
	overloaded  kind = "overloaded"
	unavailable kind = "unavailable" // loading or shutting down
	broken      kind = "incomplete"  // the engine stopped, or a fault says so
	conflict    kind = "conflict"
	dropped     kind = "dropped"    // the client left
	unreadable  kind = "unreadable" // no JSON of the right shape
)

// problem is an error before it has an engine's shape.
type problem struct {
	kind    kind
	message string
	param   string // of the request; empty: none in particular
	own     bool   // on a route of the engine's own API rather than the OpenAI one
}

func badRequest(format string, args ...any) *problem {
	return &problem{kind: invalid, message: fmt.Sprintf(format, args...)}
}

func tooMany() *problem { return &problem{kind: overloaded, message: "Model is overloaded"} }

func (p *problem) of(param string) *problem {
	p.param = param
	return p
}

// status is that of the engines that follow the OpenAI API.
func (p *problem) status() int {
	switch p.kind {
	case invalid, unreadable:
		return http.StatusBadRequest
	case notFound:
		return http.StatusNotFound
	case overloaded:
		return http.StatusTooManyRequests
	case unavailable:
		return http.StatusServiceUnavailable
	case conflict:
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}
