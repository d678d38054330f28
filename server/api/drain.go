package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"
)

// ErrDraining is the cause with which a process that ends takes the contexts of its
// last requests away: each then answers 503 instead of being cut.
var ErrDraining = errors.New("the server is ending")

// Drain prepares for the end of the process: /health/ready turns to 503, live streams
// end (their readers come back with Last-Event-ID), waits for an end are over, and
// every further answer closes its connection, so that callers come back elsewhere.
// Requests are served as before.
func (s *Server) Drain() { s.drain() }

func (s *Server) draining() bool {
	select {
	case <-s.ending:
		return true
	default:
		return false
	}
}

// partWithCaller has callers open their next connection, which a load balancer
// sends to a server that stays: a request on a connection that is being closed is
// the one kind that nobody can answer.
func (s *Server) partWithCaller(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.draining() {
			c.Response().Header().Set(echo.HeaderConnection, "close")
		}
		return next(c)
	}
}

// drainingProblem tells a caller to come again, elsewhere or in a moment.
func drainingProblem() *Problem {
	p := newProblem(http.StatusServiceUnavailable, "draining", "this server is ending, try again")
	p.retryAfterSeconds = retrySeconds
	return p
}

// givenUp says that ctx ended because the process does.
func givenUp(ctx context.Context) bool { return errors.Is(context.Cause(ctx), ErrDraining) }
