package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	commonpb "go.temporal.io/api/common/v1"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// PayloadCodec encrypts and decrypts what Temporal keeps of workflows.
type PayloadCodec interface {
	Encode([]*commonpb.Payload) ([]*commonpb.Payload, error)
	Decode([]*commonpb.Payload) ([]*commonpb.Payload, error)
}

// codecPath is where Temporal's Web UI and CLI find the codec (--codec-endpoint).
const codecPath = "/codec"

// Payload is one of Temporal's, in its JSON form: bytes in base64.
type Payload struct {
	Metadata map[string][]byte `json:"metadata,omitempty" doc:"What Temporal knows of the data; bytes in base64."`
	Data     []byte            `json:"data,omitempty"`
}

// Payloads are what Temporal's Web UI and CLI send to a codec, and get back.
type Payloads struct {
	Payloads []Payload `json:"payloads" required:"true" nullable:"false" maxItems:"1000"`
}

// codecRequest has the namespace that the payloads are of, where its sender says it.
type codecRequest struct {
	Namespace string `header:"X-Namespace" doc:"Temporal namespace of the payloads; another than this server's is refused."`
	Body      Payloads
}

// registerCodec: payloads do not tell which fleet they are of, so only a credential
// that is good for all may have them read.
func (s *Server) registerCodec() {
	on := func(verb, id, summary string, role serving.Role) route {
		return route{method: http.MethodPost, path: codecPath + "/" + verb, id: id, group: "system", role: role, secret: true,
			summary: summary, errors: []int{http.StatusNotFound}}
	}
	handle(s, on("decode", "decode-payloads", "Decrypt payloads of workflows, for Temporal's Web UI and CLI; off without payload keys", serving.RoleViewer),
		s.throughCodec(PayloadCodec.Decode))
	handle(s, on("encode", "encode-payloads", "Encrypt payloads for workflows, for Temporal's CLI; off without payload keys", serving.RoleOperator),
		s.throughCodec(PayloadCodec.Encode))
}

// throughCodec answers with the payloads after one direction of the codec.
func (s *Server) throughCodec(turn func(PayloadCodec, []*commonpb.Payload) ([]*commonpb.Payload, error)) func(context.Context, *codecRequest) (*body[Payloads], error) {
	return func(_ context.Context, in *codecRequest) (*body[Payloads], error) {
		switch {
		case s.deps.Payloads == nil:
			return nil, newProblem(http.StatusNotFound, "off", "this server has no payload keys: payloads are not encrypted, or start it with --payload-keys")
		case in.Namespace != "" && in.Namespace != s.cfg.Namespace:
			return nil, invalid("header.X-Namespace", "is not the namespace of this server, "+s.cfg.Namespace, "ask the server of that namespace")
		}
		given := make([]*commonpb.Payload, len(in.Body.Payloads))
		for i, p := range in.Body.Payloads {
			given[i] = &commonpb.Payload{Metadata: p.Metadata, Data: p.Data}
		}
		turned, err := turn(s.deps.Payloads, given)
		if err != nil {
			return nil, invalid("body.payloads", err.Error(), "give the server the keys that the workers had")
		}
		out := Payloads{Payloads: make([]Payload, len(turned))}
		for i, p := range turned {
			out.Payloads[i] = Payload{Metadata: p.GetMetadata(), Data: p.GetData()}
		}
		return answer(out), nil
	}
}

// allowWebUI lets pages of Temporal's Web UI call the codec from their own origin,
// with a token or a session's cookie; no other route is open to other origins.
func (s *Server) allowWebUI(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r, h := c.Request(), c.Response().Header()
		if s.cfg.CodecOrigin == "" || !strings.HasPrefix(r.URL.Path, codecPath+"/") {
			return next(c)
		}
		h.Add(echo.HeaderVary, echo.HeaderOrigin)
		if r.Header.Get(echo.HeaderOrigin) != s.cfg.CodecOrigin {
			return next(c)
		}
		h.Set(echo.HeaderAccessControlAllowOrigin, s.cfg.CodecOrigin)
		h.Set(echo.HeaderAccessControlAllowCredentials, "true")
		if r.Method != http.MethodOptions {
			return next(c)
		}
		// A browser asks first, without a credential.
		h.Set(echo.HeaderAccessControlAllowMethods, http.MethodPost)
		h.Set(echo.HeaderAccessControlAllowHeaders, "Authorization, Authorization-Extras, Content-Type, X-Namespace")
		h.Set(echo.HeaderAccessControlMaxAge, "600")
		return c.NoContent(http.StatusNoContent)
	}
}

// trusted are the origins whose pages may have this path called with the cookie of a
// session, besides our own.
func (s *Server) trusted(path string) []string {
	if s.cfg.CodecOrigin != "" && strings.HasPrefix(path, codecPath+"/") {
		return []string{s.cfg.CodecOrigin}
	}
	return nil
}
