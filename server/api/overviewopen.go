package api

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/optiinfra/performance-agent/internal/overview"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// gatherActive lists open runs, with their rollouts, and rollouts of their own.
// The workflows are asked at once, so that missing workers cost one wait.
func (s *Server) gatherActive(ctx context.Context, out *overview.Overview) error {
	open := true
	runs, err := s.deps.Store.ListRuns(ctx, Query{Within: callerOf(ctx).Principal.Fleets, Open: &open, Limit: overviewOpen})
	if err != nil {
		return err
	}
	rollouts, err := s.deps.Store.ListRollouts(ctx, Query{Within: callerOf(ctx).Principal.Fleets, Open: &open, Limit: overviewOpen})
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
		a.Rollout, a.RolloutPhase = own.ID, own.Phase
		var rolling workflows.RolloutStatus
		if a.Answers && s.ask(ctx, Execution{own.WorkflowID, own.ID}, &rolling) {
			a.RolloutPhase = string(rolling.Phase)
		}
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

// webUI is the address of a workflow in Temporal's Web UI, "" when nobody said
// where that is.
func (s *Server) webUI(workflowID, runID string) string {
	if s.cfg.WebUI == "" {
		return ""
	}
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s/%s", strings.TrimRight(s.cfg.WebUI, "/"),
		url.PathEscape(s.cfg.Namespace), url.PathEscape(workflowID), url.PathEscape(runID))
}
