package router

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// refusal is an answer of a router over HTTP that is not 200. It is one of the sentinel
// errors, by its status.
type refusal struct {
	sentinel error
	call     string
	status   int
	detail   string
}

// Error gives the router's own words, which may begin with the sentinel's.
func (r *refusal) Error() string {
	if strings.HasPrefix(r.detail, r.sentinel.Error()) {
		return fmt.Sprintf("%s answered %d: %s", r.call, r.status, r.detail)
	}
	return fmt.Sprintf("%v: %s answered %d: %s", r.sentinel, r.call, r.status, r.detail)
}

// Unwrap is the sentinel.
func (r *refusal) Unwrap() error { return r.sentinel }

func refused(req *http.Request, status int, content []byte) error {
	r := &refusal{sentinel: ErrInvalid, call: req.Method + " " + req.URL.Path, status: status}
	switch {
	case status == http.StatusConflict:
		r.sentinel = ErrStaleRevision
	case status >= 500 || status == http.StatusTooManyRequests:
		r.sentinel = ErrUnreachable
	}
	var problem struct {
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal(content, &problem); err != nil || problem.Detail == "" {
		problem.Detail = http.StatusText(status) + " (is this the router's address?)"
	}
	r.detail = problem.Detail
	return r
}
