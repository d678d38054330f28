package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// While the store is away, workflows go on, and so must a person's word to them:
// who wants to roll back cannot wait for a database. What a command needs of the
// store is only where the workflow is, which Temporal knows as well.

// storePatience is what a command waits for the store before it goes without; what
// it asks takes milliseconds.
const storePatience = 2 * time.Second

// recall asks the store for no longer than storePatience and says whether it is
// away: it says so, or says nothing while the caller still waits.
func recall[T any](ctx context.Context, s *Server, ask func(context.Context) (T, error)) (T, bool, error) {
	bounded, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	v, err := ask(bounded)
	silent := errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
	return v, err != nil && (silent || errors.Is(s.deps.Classify(err), ErrDown)), err
}

func (s *Server) runExecution(ctx context.Context, id string) (Execution, error) {
	e, _, err := s.locateRun(ctx, id)
	return e, err
}

func (s *Server) rolloutExecution(ctx context.Context, id string) (Execution, error) {
	e, _, err := s.locateRollout(ctx, id)
	return e, err
}

func (s *Server) fleetOfRun() fleetsOf {
	return func(ctx context.Context, id string) ([]string, error) {
		_, fleet, err := s.locateRun(ctx, id)
		return []string{fleet}, err
	}
}

func (s *Server) fleetOfRollout() fleetsOf {
	return func(ctx context.Context, id string) ([]string, error) {
		_, fleet, err := s.locateRollout(ctx, id)
		return []string{fleet}, err
	}
}

// locateRun finds the workflow and the fleet of a run. The ID of the workflow names
// the fleet.
func (s *Server) locateRun(ctx context.Context, id string) (Execution, string, error) {
	run, away, err := recall(ctx, s, func(ctx context.Context) (serving.RunRecord, error) { return s.deps.Store.Run(ctx, id) })
	if away {
		e, err := s.deps.Workflows.Find(ctx, TypeOptimize, id)
		return e, strings.TrimPrefix(e.WorkflowID, workflows.OptimizeID("")), err
	}
	return Execution{WorkflowID: run.WorkflowID, RunID: run.ID}, run.Fleet, err
}

// locateRollout is locateRun for rollouts.
func (s *Server) locateRollout(ctx context.Context, id string) (Execution, string, error) {
	rec, away, err := recall(ctx, s, func(ctx context.Context) (serving.RolloutRecord, error) { return s.deps.Store.Rollout(ctx, id) })
	if away {
		e, err := s.deps.Workflows.Find(ctx, TypeRollout, id)
		return e, strings.TrimPrefix(e.WorkflowID, workflows.RolloutID("")), err
	}
	return Execution{WorkflowID: rec.WorkflowID, RunID: rec.ID}, rec.Fleet, err
}

// runWithoutStore is what the workflow of a run says of itself.
func (s *Server) runWithoutStore(ctx context.Context, id string) (RunView, error) {
	e, err := s.deps.Workflows.Find(ctx, TypeOptimize, id)
	if err != nil {
		return RunView{}, err
	}
	var live workflows.OptimizeStatus
	if err := s.deps.Workflows.Status(ctx, e, &live); err != nil {
		return RunView{}, err
	}
	return RunView{Live: &live, Partial: true, RunRecord: serving.RunRecord{ID: e.RunID, WorkflowID: e.WorkflowID, Fleet: live.Fleet,
		Phase: string(live.Phase), Outcome: live.Outcome, Reason: live.Reason}}, nil
}

// rolloutWithoutStore is what the workflow of a rollout says of itself.
func (s *Server) rolloutWithoutStore(ctx context.Context, id string) (RolloutView, error) {
	e, err := s.deps.Workflows.Find(ctx, TypeRollout, id)
	if err != nil {
		return RolloutView{}, err
	}
	var live workflows.RolloutStatus
	if err := s.deps.Workflows.Status(ctx, e, &live); err != nil {
		return RolloutView{}, err
	}
	return RolloutView{Live: &live, Partial: true, RolloutRecord: serving.RolloutRecord{ID: e.RunID, WorkflowID: e.WorkflowID, Fleet: live.Fleet,
		From: live.From, To: live.To, Phase: string(live.Phase), Weight: live.Weight, Outcome: live.Outcome, Reason: live.Reason}}, nil
}

// isCommand says whether a route passes a word to a workflow and needs no store:
// the workflow itself takes the same Idempotency-Key once.
func (s *Server) isCommand(path string) bool { return s.commands[path] }

// commandPath is a route's path as the router names it.
func commandPath(path string) string { return strings.NewReplacer("{", ":", "}", "").Replace(path) }

// remember leaves a row of the audit log to a workflow, which writes it once the
// store is back.
func (s *Server) remember(ctx context.Context, row serving.AuditRecord) error {
	_, err := s.deps.Workflows.Start(ctx, Start{Type: TypeRemember, ID: workflows.RememberID(row.Key),
		Summary: "Write to the audit log: " + row.Action + " of " + row.Target, Input: activities.RecordInput{Audit: &row}})
	var begun *BusyError
	if errors.As(err, &begun) {
		return nil
	}
	return err
}
