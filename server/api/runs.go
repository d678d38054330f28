package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// RunQuery narrows the list of runs and rollouts.
type RunQuery struct {
	PageQuery
	Fleet   string `query:"fleet"`
	Outcome string `query:"outcome" enum:"promoted,rolled_back,no_improvement,infeasible_slo,advised,rejected,refused,canceled,failed"`
	Open    string `query:"open" enum:"true,false" doc:"true: running ones only; false: ended ones only."`
}

func (q RunQuery) query() Query {
	out := q.PageQuery.query()
	out.Fleet, out.Outcome = q.Fleet, q.Outcome
	if open, err := strconv.ParseBool(q.Open); err == nil {
		out.Open = &open
	}
	return out
}

type startedOutput[T any] struct {
	Location string `header:"Location" doc:"Where to watch it."`
	Body     T
}

// RunView is a run's record, with what its workflow says while it is open.
type RunView struct {
	serving.RunRecord
	Live    *workflows.OptimizeStatus `json:"live,omitempty" doc:"Answer of the workflow, while it is open and a worker runs."`
	Partial bool                      `json:"partial,omitempty" doc:"The store does not answer: this is only what the workflow says of itself."`
}

func (s *Server) registerRuns() {
	get := func(path, id, summary string) route {
		return route{method: http.MethodGet, path: prefix + "/runs" + path, id: id, group: "runs", summary: summary, fleetsOf: s.fleetOfRun()}
	}
	list := get("", "list-runs", "Runs, newest first")
	list.fleetsOf, list.reach = nil, reachOwn
	handlePatient(s, route{method: http.MethodPost, path: prefix + "/fleets/{fleet}/runs", id: "start-run", group: "runs",
		summary: "Start an optimization of the fleet", action: "run.start", status: http.StatusAccepted, errors: temporalErrors()}, s.startRun,
		func(ctx context.Context, r serving.RunRecord) (serving.RunRecord, bool, error) {
			r, err := s.deps.Store.Run(ctx, r.ID)
			return r, r.ClosedAt != nil, err
		})
	handleList(s, list, []string{"started_at", "fleet"},
		func(ctx context.Context, in *RunQuery) (*body[Page[serving.RunRecord]], error) {
			q, err := within(ctx, in.query())
			if err != nil {
				return nil, err
			}
			page, err := s.deps.Store.ListRuns(ctx, q)
			return answer(page), err
		})
	handle(s, get("/{id}", "get-run", "One run: its record, and the workflow's own answer while it is open"), s.getRun)
	handleList(s, get("/{id}/trials", "list-trials", "What was measured in staging"), nil,
		func(ctx context.Context, in *PartQuery) (*body[Page[serving.TrialRecord]], error) {
			if _, err := s.deps.Store.Run(ctx, in.ID); err != nil {
				return nil, err
			}
			list, err := s.deps.Store.Trials(ctx, in.ID)
			return answer(Page[serving.TrialRecord]{Items: list}), err
		})
}

func (s *Server) startRun(ctx context.Context, in *struct {
	FleetPath
	Patience
	Body *workflows.OptimizeOptions
}) (*startedOutput[serving.RunRecord], error) {
	options := orZero(in.Body)
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	if err := s.checkRun(ctx, "body", f, options); err != nil {
		return nil, err
	}
	if err := s.ensureIdleBut(ctx, f.Name, workflows.OptimizeID(f.Name)); err != nil {
		return nil, err
	}
	if err := s.ensureAdmitted(ctx, f, options.OverrideReason); err != nil {
		return nil, err
	}
	input := workflows.OptimizeInput{Fleet: f.Name, Options: options, RequestedBy: callerOf(ctx).Actor}
	began := s.deps.Now().UTC()
	e, err := s.deps.Workflows.Start(ctx, Start{
		Type: TypeOptimize, ID: workflows.OptimizeID(f.Name), Fleet: f.Name, Engine: string(f.Config.Engine),
		Summary: "Optimize " + f.Name, Input: input, Order: callerOf(ctx).order(),
	})
	if err != nil {
		return nil, err
	}
	run := s.runStarted(ctx, f, e, began)
	remark(ctx, f.Name, nil, input)
	return &startedOutput[serving.RunRecord]{Location: prefix + "/runs/" + e.RunID, Body: run}, nil
}

// runStarted keeps the record of a run that has begun, so that it can be read at
// once. The workflow records itself too, so a failure here loses nothing; the time
// is from before the start, so that the workflow's first record is never the older.
func (s *Server) runStarted(ctx context.Context, f serving.Fleet, e Execution, began time.Time) serving.RunRecord {
	run := serving.RunRecord{
		ID: e.RunID, WorkflowID: e.WorkflowID, Fleet: f.Name, Phase: "starting",
		RequestedBy: callerOf(ctx).Actor, StartedAt: began, UpdatedAt: began,
	}
	// The worker may have been faster, and its record knows more.
	if known, err := s.deps.Store.Run(ctx, e.RunID); err == nil {
		return known
	}
	if err := s.deps.Store.SaveRun(ctx, run); err != nil {
		s.deps.Log.WarnContext(ctx, "run not recorded yet, its workflow will", "run", e.RunID, "error", err)
	}
	return run
}

// checkRun says what is wrong with what a run is asked to do; at is where it stands.
func (s *Server) checkRun(ctx context.Context, at string, f serving.Fleet, options workflows.OptimizeOptions) error {
	if err := s.checkGates(ctx, at+".rollout", options.Rollout); err != nil {
		return err
	}
	if err := options.Validate(); err != nil {
		return invalidField(at, err)
	}
	return s.checkCandidates(at, f, options.Candidates)
}

func (s *Server) checkCandidates(at string, f serving.Fleet, list []serving.EngineConfig) error {
	for i, c := range list {
		at := at + ".candidates[" + strconv.Itoa(i) + "]"
		if c.Engine != f.Config.Engine {
			return invalid(at+".engine", "is not the fleet's engine", "use "+string(f.Config.Engine))
		}
		if err := s.checkConfig(c, f.Hardware); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) getRun(ctx context.Context, in *IDPath) (*body[RunView], error) {
	run, away, err := recall(ctx, s, func(ctx context.Context) (serving.RunRecord, error) { return s.deps.Store.Run(ctx, in.ID) })
	if away {
		if out, notFound := s.runWithoutStore(ctx, in.ID); notFound == nil {
			return answer(out), nil
		}
	}
	if err != nil {
		return nil, err
	}
	out := RunView{RunRecord: run}
	if run.ClosedAt == nil {
		var live workflows.OptimizeStatus
		if s.ask(ctx, Execution{run.WorkflowID, run.ID}, &live) {
			out.Live = &live
		}
	}
	return answer(out), nil
}
