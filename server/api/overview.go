package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/optiinfra/performance-agent/internal/overview"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// What the live page shows at most: what a person can still look over. The lists
// of the API have the rest.
const (
	overviewFleets = 50
	overviewOpen   = 20
	overviewRecent = 15
	// overviewStory is how much of a story is read at once to find its latest event.
	overviewStory = 200
)

func (s *Server) registerOverview() {
	handle(s, route{method: http.MethodGet, path: prefix + "/overview", id: "get-overview", group: "system", reach: reachOwn,
		summary: "What the live page shows: fleets with their budgets, what is open, recent runs, open violations"},
		func(ctx context.Context, _ *none) (*body[overview.Overview], error) {
			o, err := s.overview(ctx)
			return answer(o), err
		})
}

// overview gathers what goes on in the fleets that the caller may see.
func (s *Server) overview(ctx context.Context) (overview.Overview, error) {
	out := overview.Overview{At: s.deps.Now().UTC(), Fleets: []overview.Fleet{}, Active: []overview.Activity{}, Recent: []overview.Run{}, Violations: []overview.Alert{}}
	for _, gather := range []func(context.Context, *overview.Overview) error{
		s.gatherAlerts, s.gatherActive, s.gatherRecent, s.gatherFleets,
	} {
		if err := gather(ctx, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (s *Server) gatherAlerts(ctx context.Context, out *overview.Overview) error {
	open := true
	page, err := s.deps.Store.ListViolations(ctx, Query{Within: callerOf(ctx).Principal.Fleets, Open: &open, Limit: overviewOpen})
	for _, v := range page.Items {
		severity := v.Violation.Severity
		if severity == "" {
			severity = serving.AlertPage
		}
		out.Violations = append(out.Violations, overview.Alert{ID: v.ID, Fleet: v.Fleet, SLO: v.Violation.SLO, Variant: v.Violation.Variant,
			Severity: severity, Reason: v.Violation.Reason, OpenedAt: v.OpenedAt, Acknowledged: v.AcknowledgedBy})
	}
	out.Cut = out.Cut || page.Next != ""
	return err
}

func (s *Server) gatherRecent(ctx context.Context, out *overview.Overview) error {
	ended := false
	page, err := s.deps.Store.ListRuns(ctx, Query{Within: callerOf(ctx).Principal.Fleets, Open: &ended, Limit: overviewRecent})
	for _, r := range page.Items {
		run := overview.Run{ID: r.ID, WebUI: s.webUI(r.WorkflowID, r.ID), Fleet: r.Fleet, Outcome: r.Outcome, Reason: r.Reason, StartedAt: r.StartedAt}
		if r.ClosedAt != nil {
			run.Seconds = r.ClosedAt.Sub(r.StartedAt).Seconds()
		}
		if r.Gain != nil {
			run.Gain = serving.Known(r.Gain.ThroughputRatio)
		}
		out.Recent = append(out.Recent, run)
	}
	out.Cut = out.Cut || page.Next != ""
	return err
}

// gatherFleets comes last: a fleet's status is what was found of it before.
func (s *Server) gatherFleets(ctx context.Context, out *overview.Overview) error {
	page, err := s.deps.Store.ListFleets(ctx, Query{Within: callerOf(ctx).Principal.Fleets, Limit: overviewFleets})
	if err != nil {
		return err
	}
	for _, f := range page.Items {
		row := overview.Fleet{Name: f.Name, Engine: f.Config.Engine, Model: f.Config.Model, GPU: f.Hardware.GPU, Replicas: f.Replicas,
			Status: statusOf(f.Name, *out)}
		if row.Budgets, err = s.knownBudgets(ctx, f); err != nil {
			return err
		}
		out.Fleets = append(out.Fleets, row)
	}
	out.Cut = out.Cut || page.Next != ""
	return nil
}

func statusOf(fleet string, o overview.Overview) string {
	if slices.ContainsFunc(o.Violations, func(v overview.Alert) bool { return v.Fleet == fleet }) {
		return "violated"
	}
	for _, a := range o.Active {
		switch {
		case a.Fleet != fleet:
		case a.Kind == "rollout" || len(a.Stages) > 0:
			return "rolling out"
		default:
			return "optimizing"
		}
	}
	return "steady"
}
