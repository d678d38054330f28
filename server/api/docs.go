package api

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

// docsFiles are Swagger UI and our page around it (docs/README.md).
//
//go:embed docs
var docsFiles embed.FS

const (
	// docsAssets carries the version, so that an upgrade is a new address.
	docsAssets = "/docs/5.35.0"
	// docsPolicy lets the page load its own script, style and document. Swagger UI
	// sets style attributes and draws its icons from data: addresses.
	docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
		"img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

// registerDocs comes last: the document then holds every operation, itself too.
func (s *Server) registerDocs() error {
	get := func(path, id, summary string) route {
		return route{method: http.MethodGet, path: path, id: id, group: "documentation", summary: summary, public: true, reach: reachNone}
	}
	handle(s, get("/openapi.json", "openapi", "This document"),
		func(context.Context, *none) (*raw, error) {
			spec, err := s.spec()
			return blob("application/openapi+json", "", spec), err
		})
	page, err := docsFiles.ReadFile("docs/index.html")
	if err != nil {
		return fmt.Errorf("read docs page: %w", err)
	}
	handle(s, get("/docs", "docs", "The API as a page to read and try; works offline"),
		func(context.Context, *none) (*raw, error) {
			return blob("text/html; charset=utf-8", docsPolicy, page), nil
		})
	s.documentText("/openapi.json", "application/openapi+json", huma.TypeObject, "The document")
	s.documentText("/docs", "text/html", huma.TypeString, "The page")
	s.documentText("/metrics", "text/plain", huma.TypeString, "The metrics")
	s.documentText(prefix+"/fleets/{fleet}/slos/openslo", yamlType, huma.TypeString, "The documents")
	s.documentText(prefix+"/fleets/{fleet}/slos/prometheus-rules", yamlType, huma.TypeString, "The rules")
	if err := s.documentExamples(); err != nil {
		return err
	}
	assets, err := fs.Sub(docsFiles, "docs")
	if err != nil {
		return fmt.Errorf("docs assets: %w", err)
	}
	s.echo.Group(docsAssets, cacheDay).StaticFS("/", assets)
	// Once, and only when somebody asks: it takes longer than all the rest of New.
	s.spec = sync.OnceValues(func() ([]byte, error) { return json.Marshal(s.api.OpenAPI()) })
	return nil
}

// blob answers with fixed content; policy replaces the general one where given. A
// failing write means that the reader went away.
func blob(contentType, policy string, content []byte) *raw {
	return &raw{Body: func(ctx huma.Context) {
		c := humaecho.UnwrapV4(ctx)
		if policy != "" {
			c.Response().Header().Set(echo.HeaderContentSecurityPolicy, policy)
		}
		_ = c.Blob(http.StatusOK, contentType, content)
	}}
}

func cacheDay(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "public, max-age=86400")
		return next(c)
	}
}
