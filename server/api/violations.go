package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// ViolationQuery narrows the list.
type ViolationQuery struct {
	PageQuery
	Fleet    string    `query:"fleet"`
	Open     string    `query:"open" enum:"true,false" doc:"true: those not over yet."`
	State    string    `query:"state" enum:"open,acknowledged,resolved" doc:"open: not over, and nobody looks after it yet."`
	Severity string    `query:"severity" enum:"page,ticket"`
	Since    time.Time `query:"since" doc:"Those that were not over before then, RFC 3339."`
}

func (q ViolationQuery) query() Query {
	out := q.PageQuery.query()
	out.Fleet, out.Status, out.Severity, out.From = q.Fleet, q.State, q.Severity, q.Since
	if open, err := strconv.ParseBool(q.Open); err == nil {
		out.Open = &open
	}
	return out
}

// NoteInput is what a person says to a violation; all of it may be absent.
type NoteInput struct {
	Note string `json:"note,omitempty" maxLength:"500" doc:"For the record."`
}

func (s *Server) registerViolations() {
	handleList(s, route{method: http.MethodGet, path: prefix + "/violations", id: "list-violations", group: "slos", reach: reachOwn,
		summary: "Breaches of objectives and budgets that burn, newest first; one that opens anew is the newest. By opened_at or fleet a reader of pages misses none"}, []string{"opened_at", "fleet"},
		func(ctx context.Context, in *ViolationQuery) (*body[Page[serving.ViolationRecord]], error) {
			q, err := within(ctx, in.query())
			if err != nil {
				return nil, err
			}
			page, err := s.deps.Store.ListViolations(ctx, q)
			return answer(page), err
		})
	handle(s, route{method: http.MethodGet, path: prefix + "/violations/{id}", id: "get-violation", group: "slos", summary: "One breach",
		fleetsOf: s.fleetOfViolation()},
		func(ctx context.Context, in *IDPath) (*body[serving.ViolationRecord], error) {
			rec, err := s.deps.Store.Violation(ctx, in.ID)
			return answer(rec), err
		})
	s.registerNote("acknowledge", "Say that somebody looks after it", s.deps.Store.AcknowledgeViolation)
	s.registerNote("resolve", "Say that it is over; a breach that goes on opens it anew", s.deps.Store.CloseViolation)
}

func (s *Server) fleetOfViolation() fleetsOf {
	return oneFleet(s.deps.Store.Violation, func(v serving.ViolationRecord) string { return v.Fleet })
}

type noteRequest struct {
	IDPath
	Body *NoteInput
}

// registerNote registers a verb by which a person marks a violation.
func (s *Server) registerNote(verb, summary string, mark func(ctx context.Context, id, by, note string, at time.Time) (serving.ViolationRecord, error)) {
	handle(s, route{method: http.MethodPost, path: prefix + "/violations/{id}/" + verb, id: verb + "-violation", group: "slos",
		summary: summary, action: "violation." + verb, fleetsOf: s.fleetOfViolation()},
		func(ctx context.Context, in *noteRequest) (*body[serving.ViolationRecord], error) {
			before, err := s.deps.Store.Violation(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			rec, err := mark(ctx, in.ID, callerOf(ctx).Actor, orZero(in.Body).Note, s.deps.Now().UTC())
			remark(ctx, in.ID, before, rec)
			return answer(rec), err
		})
}
