package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/optiinfra/performance-agent/internal/admission"
)

// problemType is the media type of every error (RFC 9457).
const problemType = "application/problem+json"

// Problem is the body of every error (RFC 9457). It never repeats a rejected
// value: a request may carry secrets.
type Problem struct {
	Type   string `json:"type" doc:"What kind of problem, stable: urn:performance-agent:<code>." example:"urn:performance-agent:not-found"`
	Title  string `json:"title" doc:"The HTTP status in words."`
	Status int    `json:"status"`
	Detail string `json:"detail" doc:"What went wrong this time, for a person."`
	// Errors name the fields that are wrong.
	Errors    []FieldProblem `json:"errors,omitempty"`
	RequestID string         `json:"request_id,omitempty"`
	// Current is the workflow that holds the fleet.
	Current *Execution `json:"current,omitempty" doc:"The workflow that holds the fleet, where that is the reason."`
	// Refusal is why no experiment may begin.
	Refusal *admission.Decision `json:"refusal,omitempty" doc:"What forbids an experiment and until when, where that is the reason."`

	retryAfterSeconds int
	challenge         string // of a 401
	cause             error
}

// FieldProblem is one field that is wrong.
type FieldProblem struct {
	Field   string `json:"field" doc:"Where, for example body.slos[0].threshold."`
	Message string `json:"message" doc:"The rule that does not hold."`
	Fix     string `json:"fix,omitempty" doc:"What to write instead."`
}

func newProblem(status int, code, detail string) *Problem {
	return &Problem{
		Type: "urn:performance-agent:" + code, Title: http.StatusText(status), Status: status, Detail: detail,
	}
}

// invalid is a 422 on one field.
func invalid(field, message, fix string) *Problem {
	return invalidFields([]FieldProblem{{Field: field, Message: message, Fix: fix}})
}

// invalidFields is a 422 whose detail is the first problem in one line.
func invalidFields(list []FieldProblem) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, "invalid", list[0].line())
	p.Errors = list
	return p
}

// invalidField is a 422 from an error of the form "field: what is wrong; how to
// mend it", of which the last part may be missing. That is how the vocabulary's
// Validate methods speak; prefix leads to the struct.
func invalidField(prefix string, err error) *Problem {
	field, message, found := strings.Cut(err.Error(), ": ")
	if !found || strings.ContainsAny(field, " ") && !strings.Contains(field, ", ") {
		return invalid(prefix, err.Error(), "")
	}
	message, fix, _ := strings.Cut(message, "; ")
	return invalid(prefix+"."+field, message, fix)
}

func (f FieldProblem) line() string {
	if f.Fix == "" {
		return f.Field + ": " + f.Message
	}
	return f.Field + ": " + f.Message + "; " + f.Fix
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// Unwrap is what is behind it, for the log only.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus makes it an error that huma answers with.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes huma send it as a problem.
func (p *Problem) ContentType(string) string { return problemType }

// GetHeaders says when to try again and how to say who one is, where that helps.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfterSeconds > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfterSeconds))
	}
	if p.challenge != "" {
		h.Set("WWW-Authenticate", p.challenge)
	}
	return h
}

// fromHuma turns the framework's own errors (validation, malformed JSON) into
// ours; their rejected values are dropped.
func fromHuma(m *huma.ErrorModel) *Problem {
	p := newProblem(m.Status, codeOf(m.Status), m.Detail)
	for _, d := range m.Errors {
		if d != nil {
			p.Errors = append(p.Errors, FieldProblem{Field: d.Location, Message: d.Message})
		}
	}
	if len(p.Errors) > 0 {
		p.Detail = p.Errors[0].line()
	}
	return p
}

func codeOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "unauthorized"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound:
		return "not-found"
	case http.StatusMethodNotAllowed:
		return "method-not-allowed"
	case http.StatusConflict:
		return "conflict"
	case http.StatusPreconditionFailed:
		return "stale"
	case http.StatusRequestEntityTooLarge:
		return "too-large"
	case http.StatusUnprocessableEntity:
		return "invalid"
	case http.StatusTooManyRequests:
		return "rate-limited"
	case http.StatusServiceUnavailable:
		return "unavailable"
	case http.StatusGatewayTimeout:
		return "timeout"
	}
	if status >= http.StatusInternalServerError {
		return "internal"
	}
	return "bad-request"
}
