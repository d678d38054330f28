package api

import (
	"context"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// humaConfig switches off what the framework adds by default: its docs page loads
// a script from elsewhere, and its link transformer puts $schema into every body.
func humaConfig(version string, finish huma.Transformer) huma.Config {
	c := huma.DefaultConfig("Performance Agent", version)
	c.Info.Description = "Finds, proves, ships and takes back configuration changes of LLM serving fleets. " +
		"Every error is a problem document (RFC 9457); every POST honours Idempotency-Key."
	c.DocsPath, c.OpenAPIPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.FieldsOptionalByDefault = true
	c.RejectUnknownQueryParameters = true
	c.Transformers = []huma.Transformer{finish}
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{bearerScheme: {Type: "http", Scheme: "bearer",
		Description: "A key of POST /api/v1/keys, or a token of the OpenID Connect issuer where the server has one."}}
	c.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[serving.Measure](), reflect.TypeFor[measureSchema]())
	return c
}

// schemaName keeps names apart that are good within their package and mean little
// outside: engine.Problem is a broken constraint, slo.Status one objective's.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch pkg := path.Base(t.PkgPath()); pkg {
	case "engine", "slo", "judge", "trend", "report", "overview":
		if whole := strings.ToUpper(pkg[:1]) + pkg[1:]; whole != name {
			return whole + name
		}
	}
	return name
}

// measureSchema documents serving.Measure, which writes itself as a number or null.
type measureSchema struct{}

// Schema implements huma.SchemaProvider.
func (measureSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeNumber, Format: "double", Nullable: true, Description: "null when it was not measured"}
}

// finishProblem gives every error body our form and the request's ID, and logs
// what is behind a 5xx.
func (s *Server) finishProblem(ctx huma.Context, _ string, body any) (any, error) {
	switch v := body.(type) {
	case *huma.ErrorModel:
		p := fromHuma(v)
		s.sign(ctx.Context(), p)
		return p, nil
	case *Problem:
		s.sign(ctx.Context(), v)
	case interface{ shown() (any, error) }:
		return v.shown()
	}
	return body, nil
}

func (s *Server) sign(ctx context.Context, p *Problem) {
	p.RequestID = callerOf(ctx).RequestID
	if p.cause != nil {
		s.deps.Log.ErrorContext(ctx, "request failed", "request_id", p.RequestID, "status", p.Status, "error", p.cause)
	}
}
