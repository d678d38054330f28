package api

import (
	"cmp"
	"context"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Prefix of all routes but those of health and documentation.
const prefix = "/api/v1"

// maxBody bounds a request body: the greatest legitimate one is a run with a dozen
// candidate configurations, some tens of kilobytes.
const maxBody = 1 << 20

// route declares one operation.
type route struct {
	method, path, id, group, summary string
	status                           int
	// action names the mutation in the audit log; "" for what changes nothing.
	action string
	// errors are documented besides those that follow from the route's form.
	errors []int
	// deadline overrides Config.RequestTimeout; streams have none.
	deadline time.Duration
	stream   bool
	// maxBody and bodyTimeout override the bounds of a request's body.
	maxBody     int64
	bodyTimeout time.Duration
	// role is the least that a caller needs: without one it is viewer for GET and
	// operator for all else. A public route asks for nobody.
	role   serving.Role
	public bool
	// reach and fleetsOf say which fleets a route touches whose path has no {fleet}.
	reach    reach
	fleetsOf fleetsOf
	// page: what is for people to look at, so a browser without a session is given a
	// form to sign in.
	page bool
	// stops marks a command that takes back or holds up what goes on.
	stops bool
	// secret: the answer holds what must not be kept, not even to be given again.
	secret bool
}

// handle registers a handler: its context gets a deadline, its error becomes a
// problem, and its success an audit row if the route has an action.
func handle[I, O any](s *Server, r route, h func(context.Context, *I) (*O, error)) {
	op := s.operation(r, reflect.TypeFor[I]())
	s.routes[r.pattern()] = r
	huma.Register(s.api, op, served(s, r, h))
}

func served[I, O any](s *Server, r route, h func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := s.bounded(ctx, r)
		defer cancel()
		ctx, note := withNote(ctx, in)
		out, err := h(ctx, in)
		if err != nil && givenUp(ctx) {
			return nil, drainingProblem()
		}
		if err != nil {
			return nil, s.problemOf(err)
		}
		if r.action != "" {
			s.writeAudit(ctx, r.action, *note)
		}
		return out, nil
	}
}

func (s *Server) bounded(ctx context.Context, r route) (context.Context, context.CancelFunc) {
	switch {
	case r.stream:
		return ctx, func() {}
	case r.deadline > 0:
		return context.WithTimeout(ctx, r.deadline)
	}
	return context.WithTimeout(ctx, s.cfg.RequestTimeout)
}

func (s *Server) operation(r route, input reflect.Type) huma.Operation {
	op := huma.Operation{
		Method: r.method, Path: r.path, OperationID: r.id, Summary: r.summary,
		Tags: []string{r.group}, DefaultStatus: r.status, MaxBodyBytes: cmp.Or(r.maxBody, maxBody) + 1, BodyReadTimeout: cmp.Or(r.bodyTimeout, s.cfg.BodyTimeout),
		Responses: map[string]*huma.Response{},
	}
	schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	if takesKey(r) {
		op.Parameters = append(op.Parameters, idempotencyParameter())
	}
	for _, code := range r.errorCodes(input) {
		op.Responses[strconv.Itoa(code)] = &huma.Response{
			Description: http.StatusText(code),
			Content:     map[string]*huma.MediaType{problemType: {Schema: schema}},
		}
	}
	r.documentAccess(&op)
	return op
}

// errorCodes are what a route of this form can answer, and what it adds itself.
func (r route) errorCodes(input reflect.Type) []int {
	// An unknown query parameter is refused everywhere.
	codes := append(slices.Clone(r.errors), http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError)
	if !r.public {
		codes = append(codes, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(r.path, "{") {
		codes = append(codes, http.StatusNotFound)
	}
	if _, hasBody := input.FieldByName("Body"); hasBody {
		codes = append(codes, http.StatusBadRequest, http.StatusRequestEntityTooLarge)
	}
	if r.method == http.MethodPost {
		codes = append(codes, http.StatusConflict) // Idempotency-Key in use
	}
	return codes
}

// temporalErrors are what every route that talks to a workflow can answer.
func temporalErrors(more ...int) []int {
	return append(more, http.StatusConflict, http.StatusServiceUnavailable, http.StatusGatewayTimeout)
}

// body is the output of a handler with nothing but a body.
type body[T any] struct{ Body T }

func answer[T any](v T) *body[T] { return &body[T]{Body: v} }

// orZero is an optional request body; absent is all defaults.
func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// FleetPath is the input of routes under a fleet.
type FleetPath struct {
	Fleet string `path:"fleet" doc:"Name of the fleet." example:"chat"`
}

func (p FleetPath) auditTarget() string { return p.Fleet }

// IDPath is the input of routes on one record.
type IDPath struct {
	ID string `path:"id" doc:"ID of the record."`
}

func (p IDPath) auditTarget() string { return p.ID }

// CursorQuery is the input of what comes in pages.
type CursorQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Greatest number of items."`
	Cursor string `query:"cursor" maxLength:"1024" doc:"next_cursor of the page before."`
}

func (p CursorQuery) query() Query { return Query{Limit: p.Limit, Cursor: p.Cursor} }

// PageQuery is the input of lists that come in pages.
type PageQuery struct {
	CursorQuery
	ViewQuery
}

func (p PageQuery) query() Query {
	q := p.CursorQuery.query()
	q.Sort = p.Sort
	return q
}
