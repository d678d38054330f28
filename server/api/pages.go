package api

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// PageParser reads a metrics page. Its errors may have AtLine() int.
type PageParser func(page io.Reader, contentType string) (engine.Families, error)

// takesPages says whether requests of a route carry metrics pages.
func takesPages(path string) bool { return path == normalizePath || path == previewPath }

// limitBody bounds request bodies before anything reads them: those of metrics
// pages higher than all others.
func limitBody() []echo.MiddlewareFunc {
	isPage := func(c echo.Context) bool { return takesPages(c.Path()) }
	return []echo.MiddlewareFunc{
		middleware.BodyLimitWithConfig(middleware.BodyLimitConfig{Limit: "1MiB", Skipper: isPage}),
		middleware.BodyLimitWithConfig(middleware.BodyLimitConfig{Limit: "17MiB", Skipper: func(c echo.Context) bool { return !isPage(c) }}),
	}
}

// fewPages refuses a metrics page while others are held, before its body is read.
func (s *Server) fewPages(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !takesPages(c.Path()) {
			return next(c)
		}
		select {
		case s.pages <- struct{}{}:
			defer func() { <-s.pages }()
			return next(c)
		default:
			p := newProblem(http.StatusServiceUnavailable, "unavailable", "other metrics pages are being read, try again")
			p.retryAfterSeconds = 1
			return p
		}
	}
}

// parsePage turns the mistake in a page into a problem that names its line.
func (s *Server) parsePage(field, payload, contentType string) (engine.Families, error) {
	page, err := s.deps.ParsePage(strings.NewReader(payload), contentType)
	if err == nil {
		return page, nil
	}
	var at interface{ AtLine() int }
	if errors.As(err, &at) {
		field = fmt.Sprintf("%s line %d", field, at.AtLine())
	}
	return nil, invalid(field, err.Error(), "")
}

// unzipped undoes gzip, told by the header or by the first bytes. What unpacks to
// more than a page may be is refused after that much.
func unzipped(content []byte, encoding string) ([]byte, error) {
	if encoding != "gzip" && !bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		return content, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, newProblem(http.StatusBadRequest, "bad-request", "the body is not gzip: "+err.Error())
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxPageBody+1))
	switch {
	case err != nil:
		return nil, newProblem(http.StatusBadRequest, "bad-request", fmt.Sprintf("the gzip body breaks off after %d bytes: %v", len(plain), err))
	case len(plain) > maxPageBody:
		return nil, newProblem(http.StatusRequestEntityTooLarge, "too-large", "the body unpacks to more than a metrics page may have")
	}
	return plain, nil
}
