package api

import (
	"context"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// ViolationQuery narrows the list.
type ViolationQuery struct {
	PageQuery
	Fleet string `query:"fleet"`
	Open  string `query:"open" enum:"true,false" doc:"true: those not over yet."`
}

func (s *Server) registerViolations() {
	handle(s, route{method: http.MethodGet, path: prefix + "/violations", id: "list-violations", group: "slos",
		summary: "Breaches of objectives, newest first"},
		func(ctx context.Context, in *ViolationQuery) (*body[Page[serving.ViolationRecord]], error) {
			page, err := s.deps.Store.ListViolations(ctx, RunQuery{PageQuery: in.PageQuery, Fleet: in.Fleet, Open: in.Open}.query())
			return answer(page), err
		})
	handle(s, route{method: http.MethodGet, path: prefix + "/violations/{id}", id: "get-violation", group: "slos", summary: "One breach"},
		func(ctx context.Context, in *IDPath) (*body[serving.ViolationRecord], error) {
			rec, err := s.deps.Store.Violation(ctx, in.ID)
			return answer(rec), err
		})
	handle(s, route{method: http.MethodPost, path: prefix + "/violations/{id}/acknowledge", id: "acknowledge-violation", group: "slos",
		summary: "Say that somebody looks after it", action: "violation.acknowledge"},
		func(ctx context.Context, in *IDPath) (*body[serving.ViolationRecord], error) {
			rec, err := s.deps.Store.AcknowledgeViolation(ctx, in.ID, callerOf(ctx).Actor, s.deps.Now().UTC())
			return answer(rec), err
		})
}
