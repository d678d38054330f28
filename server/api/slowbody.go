package api

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/labstack/echo/v4"
)

// inTime bounds how long a sender takes over its body, also over one that nobody
// wants: net/http reads what is left of a body before it answers, and would wait for
// ever, so that whoever is refused could still hold a connection.
func (s *Server) inTime(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.ContentLength == 0 {
			return next(c)
		}
		limit := cmp.Or(s.routes[r.Method+" "+c.Path()].bodyTimeout, s.cfg.BodyTimeout)
		// A connection has deadlines, most recorders in tests have not.
		connection := http.NewResponseController(c.Response())
		if connection.SetReadDeadline(time.Now().Add(limit)) == nil {
			r.Body = &timelyBody{ReadCloser: r.Body, connection: connection, answer: c.Response().Header()}
		}
		return next(c)
	}
}

// timelyBody lifts the deadline once the body is whole: it is the sender's, and would
// end the work on an answer that takes longer. Of a connection on which a body stays
// unfinished no other request can be read, so that is ended.
type timelyBody struct {
	io.ReadCloser
	connection *http.ResponseController
	answer     http.Header
}

func (b *timelyBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.connection.SetReadDeadline(time.Time{})
	}
	return n, b.watched(err)
}

// Close reads what is left, so it may be too late for that too.
func (b *timelyBody) Close() error { return b.watched(b.ReadCloser.Close()) }

func (b *timelyBody) watched(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		b.answer.Set(echo.HeaderConnection, "close")
	}
	return err
}

// bodyProblem says of a body that came too slowly that it did.
func bodyProblem(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return newProblem(http.StatusRequestTimeout, "too-slow", "the body did not arrive in time, send it again")
	}
	return err
}
