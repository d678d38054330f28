package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/optiinfra/performance-agent/workflows"
)

// retrySeconds is what a caller is told to wait when Temporal does not answer: it
// comes back within seconds after a restart, and its clients retry by themselves.
const retrySeconds = 5

// problemOf is the one place where an error becomes a status. What it does not
// know is a 500 without detail: the cause is for the log, not for the caller.
func (s *Server) problemOf(err error) *Problem {
	var (
		known    *Problem
		busy     *BusyError
		rejected *RejectedError
		http4xx  *echo.HTTPError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &busy):
		p := newProblem(http.StatusConflict, "busy", busy.Error()+"; wait for it, or cancel it")
		p.Current = &busy.Current
		return p
	case errors.As(err, &rejected) && rejected.Type == workflows.ErrNotPermitted:
		return newProblem(http.StatusForbidden, "not-an-approver", rejected.Message)
	case errors.As(err, &rejected):
		return newProblem(http.StatusUnprocessableEntity, "rejected", rejected.Message)
	case errors.As(err, &http4xx):
		return fromEcho(http4xx)
	case errors.Is(err, ErrUnchecked):
		p := newProblem(http.StatusServiceUnavailable, "unavailable", "the issuer of tokens does not answer, so yours cannot be checked; try again, or use an API key")
		p.retryAfterSeconds, p.cause = retrySeconds, err
		return p
	}
	if p := fromWorkflows(err); p != nil {
		return p
	}
	if p := s.fromStore(err); p != nil {
		return p
	}
	p := newProblem(http.StatusInternalServerError, "internal", "an unexpected error, see the server's log under this request_id")
	p.cause = err
	return p
}

func fromWorkflows(err error) *Problem {
	switch {
	case errors.Is(err, ErrUnknownWorkflow):
		return newProblem(http.StatusNotFound, "not-found", err.Error())
	case errors.Is(err, ErrWorkflowClosed):
		return newProblem(http.StatusConflict, "closed", err.Error()+"; it takes no more commands")
	case errors.Is(err, ErrNotReady):
		return newProblem(http.StatusConflict, "not-ready", "the workflow has not started to work yet, try again")
	case errors.Is(err, ErrRefusedInput):
		return newProblem(http.StatusBadRequest, "bad-request", err.Error())
	case errors.Is(err, ErrUnavailable):
		p := newProblem(http.StatusServiceUnavailable, "unavailable", "Temporal does not answer, try again")
		p.retryAfterSeconds, p.cause = retrySeconds, err
		return p
	case errors.Is(err, ErrNoWorker):
		p := newProblem(http.StatusGatewayTimeout, "timeout", "no worker answered in time; is one running on the task queue?")
		p.cause = err
		return p
	}
	return nil
}

func (s *Server) fromStore(err error) *Problem {
	switch meaning := s.deps.Classify(err); {
	case errors.Is(meaning, ErrNotFound):
		return newProblem(http.StatusNotFound, "not-found", err.Error())
	case errors.Is(meaning, ErrExists):
		return newProblem(http.StatusConflict, "exists", err.Error())
	case errors.Is(meaning, ErrStale):
		return newProblem(http.StatusPreconditionFailed, "stale", err.Error()+"; read it again and send its ETag in If-Match")
	case errors.Is(meaning, ErrConflict):
		return newProblem(http.StatusConflict, "conflict", err.Error())
	case errors.Is(meaning, ErrBadCursor):
		return invalid("query.cursor", ErrBadCursor.Error(), "use the next_cursor of an earlier page of the same query")
	case errors.Is(meaning, ErrDown):
		p := newProblem(http.StatusServiceUnavailable, "unavailable", "the store does not answer, try again")
		p.retryAfterSeconds, p.cause = retrySeconds, err
		return p
	case errors.Is(err, context.DeadlineExceeded):
		p := newProblem(http.StatusGatewayTimeout, "timeout", "the request took too long and was given up")
		p.cause = err
		return p
	}
	return nil
}

// fromEcho turns the router's own errors into problems.
func fromEcho(e *echo.HTTPError) *Problem {
	p := newProblem(e.Code, codeOf(e.Code), http.StatusText(e.Code))
	switch e.Code {
	case http.StatusNotFound:
		p.Detail = "no such route; the routes are listed at /docs and /openapi.json"
	case http.StatusMethodNotAllowed:
		p.Detail = "this route does not take that method; see the Allow header"
	case http.StatusRequestEntityTooLarge:
		p.Detail = "the request body is larger than 1 MiB"
	}
	p.cause = e.Internal
	return p
}

// isNotFound reports an error that means that something does not exist.
func (s *Server) isNotFound(err error) bool { return errors.Is(s.deps.Classify(err), ErrNotFound) }
