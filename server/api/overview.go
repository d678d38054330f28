package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/optiinfra/performance-agent/internal/overview"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
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
	handle(s, route{method: http.MethodGet, path: prefix + "/overview", id: "get-overview", group: "system",
		summary: "What the live page shows: fleets with their budgets, what is open, recent runs, open violations"},
		func(ctx context.Context, _ *none) (*body[overview.Overview], error) {
			o, err := s.overview(ctx)
			return answer(o), err
		})
	s.echo.GET("/", s.livePage)
}

// livePage is the page for people; it is no operation of the API.
func (s *Server) livePage(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), s.cfg.RequestTimeout)
	defer cancel()
	o, err := s.overview(ctx)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := s.live.Render(&page, o, ""); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, s.live.Policy())
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return c.Blob(http.StatusOK, htmlType, page.Bytes())
}

// overview gathers what goes on.
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
	page, err := s.deps.Store.ListViolations(ctx, Query{Open: &open, Limit: overviewOpen})
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

// gatherActive lists open runs, with their rollouts, and rollouts of their own.
// The workflows are asked at once, so that missing workers cost one wait.
func (s *Server) gatherActive(ctx context.Context, out *overview.Overview) error {
	open := true
	runs, err := s.deps.Store.ListRuns(ctx, Query{Open: &open, Limit: overviewOpen})
	if err != nil {
		return err
	}
	rollouts, err := s.deps.Store.ListRollouts(ctx, Query{Open: &open, Limit: overviewOpen})
	if err != nil {
		return err
	}
	out.Cut = out.Cut || runs.Next != "" || rollouts.Next != ""
	var list []func() (overview.Activity, error)
	for _, run := range runs.Items {
		i := slices.IndexFunc(rollouts.Items, func(r serving.RolloutRecord) bool { return r.RunID == run.ID })
		var own *serving.RolloutRecord
		if i >= 0 {
			own = &rollouts.Items[i]
		}
		list = append(list, func() (overview.Activity, error) { return s.activityOfRun(ctx, run, own) })
	}
	for _, ro := range rollouts.Items {
		if !slices.ContainsFunc(runs.Items, func(r serving.RunRecord) bool { return r.ID == ro.RunID }) {
			list = append(list, func() (overview.Activity, error) { return s.activityOfRollout(ctx, ro) })
		}
	}
	out.Active, err = together(list)
	return err
}

// together calls all at once and keeps their order.
func together[T any](list []func() (T, error)) ([]T, error) {
	out, errs := make([]T, len(list)), make([]error, len(list))
	var all sync.WaitGroup
	for i, f := range list {
		all.Go(func() { out[i], errs[i] = f() })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Server) activityOfRun(ctx context.Context, run serving.RunRecord, own *serving.RolloutRecord) (overview.Activity, error) {
	a := overview.Activity{Kind: "run", ID: run.ID, WorkflowID: run.WorkflowID, WebUI: s.webUI(run.WorkflowID, run.ID), Fleet: run.Fleet,
		Phase: run.Phase, StartedAt: run.StartedAt, Stages: []overview.Stage{}}
	var live workflows.OptimizeStatus
	if a.Answers = s.ask(ctx, Execution{run.WorkflowID, run.ID}, &live); a.Answers {
		a.Phase, a.Paused = string(live.Phase), live.Paused
	}
	if run.Experiment != nil {
		a.Trials = run.Experiment.Trials
	}
	if run.Baseline != nil && run.Winner != nil {
		a.Change = serving.DescribeChanges(serving.Diff(run.Baseline.Config, run.Winner.Config))
	}
	if own != nil {
		if err := s.addStages(ctx, &a, *own); err != nil {
			return a, err
		}
	}
	return a, s.addStory(ctx, &a)
}

func (s *Server) activityOfRollout(ctx context.Context, ro serving.RolloutRecord) (overview.Activity, error) {
	a := overview.Activity{Kind: "rollout", ID: ro.ID, WorkflowID: ro.WorkflowID, WebUI: s.webUI(ro.WorkflowID, ro.ID), Fleet: ro.Fleet,
		Phase: ro.Phase, StartedAt: ro.StartedAt, Stages: []overview.Stage{}}
	var live workflows.RolloutStatus
	if a.Answers = s.ask(ctx, Execution{ro.WorkflowID, ro.ID}, &live); a.Answers {
		a.Phase, a.Paused = string(live.Phase), live.Paused
	}
	if err := s.addStages(ctx, &a, ro); err != nil {
		return a, err
	}
	return a, s.addStory(ctx, &a)
}

// addStages tells of each planned stage whether it is over, and with what verdict.
func (s *Server) addStages(ctx context.Context, a *overview.Activity, ro serving.RolloutRecord) error {
	a.Weight, a.Change = ro.Weight, serving.DescribeChanges(serving.Diff(ro.From, ro.To))
	judged, err := s.deps.Store.Stages(ctx, ro.ID)
	if err != nil {
		return err
	}
	for _, p := range ro.Plan.Stages {
		st := overview.Stage{Weight: p.Weight, State: "ahead"}
		if ro.Weight == p.Weight {
			st.State = "running"
		}
		for _, j := range judged {
			if j.Weight == p.Weight {
				st.State, st.Verdict = "done", j.Judgement.Verdict
			}
		}
		a.Stages = append(a.Stages, st)
	}
	return nil
}

// addStory says what happened last.
func (s *Server) addStory(ctx context.Context, a *overview.Activity) error {
	after := int64(0)
	for {
		list, err := s.deps.Store.Events(ctx, a.ID, after, overviewStory)
		if err != nil {
			return err
		}
		if n := len(list); n > 0 {
			a.Says, after = list[n-1].Message, list[n-1].Seq
		}
		if len(list) < overviewStory {
			return nil
		}
	}
}

func (s *Server) gatherRecent(ctx context.Context, out *overview.Overview) error {
	ended := false
	page, err := s.deps.Store.ListRuns(ctx, Query{Open: &ended, Limit: overviewRecent})
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
	page, err := s.deps.Store.ListFleets(ctx, Query{Limit: overviewFleets})
	if err != nil {
		return err
	}
	for _, f := range page.Items {
		row := overview.Fleet{Name: f.Name, Engine: f.Config.Engine, Model: f.Config.Model, GPU: f.Hardware.GPU, Replicas: f.Replicas,
			Status: statusOf(f.Name, *out), Budgets: []overview.Budget{}}
		budgets, _, err := s.budgets(ctx, f)
		if err != nil {
			return err
		}
		for _, b := range budgets {
			row.Budgets = append(row.Budgets, overview.Budget{Objective: b.Objective.Name, Remaining: b.Budget.Remaining})
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

// webUI is the address of a workflow in Temporal's Web UI, "" when nobody said
// where that is.
func (s *Server) webUI(workflowID, runID string) string {
	if s.cfg.WebUI == "" {
		return ""
	}
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s/%s", strings.TrimRight(s.cfg.WebUI, "/"),
		url.PathEscape(s.cfg.Namespace), url.PathEscape(workflowID), url.PathEscape(runID))
}
