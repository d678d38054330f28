package api

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// useMiddleware builds the chain, outermost first: whoever is inside may fail or
// panic and is still counted, logged and answered as a problem.
func (s *Server) useMiddleware() {
	s.echo.Pre(middleware.RemoveTrailingSlash())
	s.echo.Use(s.partWithCaller, s.inTime, s.identify, s.observe, s.recoverPanic, middleware.SecureWithConfig(secureHeaders()), s.allowWebUI, s.admit, s.fewPages)
	s.echo.Use(append(limitBody(), s.idempotent, s.signInByForm)...)
}

// observe counts the request and logs it when it is done. The route's template is
// the label: raw paths would make a series for every fleet and scanner.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := s.deps.Now()
		nameSpan(c)
		if err := next(c); err != nil {
			c.Error(err)
		}
		took := s.deps.Now().Sub(began)
		s.metrics.count(c.Request().Method, c.Path(), c.Response().Status, took)
		s.log(c, took)
		return nil
	}
}

// nameSpan calls the request's span, if there is one, after the route.
func nameSpan(c echo.Context) {
	if c.Path() == "" {
		return
	}
	span := trace.SpanFromContext(c.Request().Context())
	span.SetName(c.Request().Method + " " + c.Path())
	span.SetAttributes(attribute.String("http.route", c.Path()), attribute.String("request_id", callerOf(c.Request().Context()).RequestID))
}

func (s *Server) log(c echo.Context, took time.Duration) {
	if quiet(c) {
		return
	}
	who := callerOf(c.Request().Context())
	s.deps.Log.InfoContext(c.Request().Context(), "request",
		"method", c.Request().Method, "path", c.Request().URL.Path, "route", c.Path(),
		"status", c.Response().Status, "seconds", took.Seconds(), "bytes", c.Response().Size,
		"remote", c.RealIP(), "actor", who.Actor, "request_id", who.RequestID)
}

// quiet are the routes that machines poll: logged only when they fail.
func quiet(c echo.Context) bool {
	polled := c.Path() == "/metrics" || strings.HasPrefix(c.Path(), "/health")
	return polled && c.Response().Status < http.StatusBadRequest
}

// recoverPanic turns a panic into a 500. http.ErrAbortHandler is how the standard
// library says that a connection is to be cut, so it passes.
func (s *Server) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			if e, ok := r.(error); ok && errors.Is(e, http.ErrAbortHandler) {
				panic(r)
			}
			s.deps.Log.ErrorContext(c.Request().Context(), "panic", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}()
		return next(c)
	}
}

// secureHeaders are for an API: nothing may be framed, sniffed, or loaded. The
// documentation page loosens the policy for itself.
func secureHeaders() middleware.SecureConfig {
	return middleware.SecureConfig{
		ContentTypeNosniff: "nosniff", XFrameOptions: "DENY", ReferrerPolicy: "no-referrer", HSTSMaxAge: 31536000, // a year, and only over TLS
		ContentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
	}
}

// writeError answers what no typed handler answered: the router's errors, the
// middleware's, and panics.
func (s *Server) writeError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := s.problemOf(err)
	s.sign(c.Request().Context(), p)
	for name, values := range p.GetHeaders() {
		c.Response().Header()[name] = values
	}
	c.Response().Header().Set(echo.HeaderContentType, problemType)
	if c.Request().Method == http.MethodHead {
		_ = c.NoContent(p.Status)
		return
	}
	if err := c.JSON(p.Status, p); err != nil {
		s.deps.Log.WarnContext(c.Request().Context(), "answer lost", "error", err)
	}
}
