package api

import (
	"context"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// LoadTestInput asks for a load test.
type LoadTestInput struct {
	Target string             `json:"target,omitempty" doc:"Base URL; without it the fleet's stable replicas, which serve users." example:"http://127.0.0.1:8001"`
	Spec   serving.LadderSpec `json:"spec" required:"true"`
	// TraceCSV is read into the spec's base, whose profile or workload's source must
	// be "trace".
	TraceCSV string `json:"trace_csv,omitempty" doc:"Trace to replay, or to take the workload from: a header, then rows of timestamp (2006-01-02 15:04:05.9 or seconds), prompt tokens, output tokens."`
}

// LoadTestQuery narrows the list.
type LoadTestQuery struct {
	PageQuery
	Fleet string `query:"fleet"`
}

// LoadTestResult is what a load test found so far.
type LoadTestResult struct {
	ID     string                `json:"id"`
	Phase  string                `json:"phase"`
	Reason string                `json:"reason,omitempty"`
	Result *serving.LadderResult `json:"result,omitempty"`
}

func (s *Server) registerLoadTests() {
	get := func(path, id, summary string) route {
		return route{method: http.MethodGet, path: prefix + "/loadtests" + path, id: id, group: "tests", summary: summary, fleetsOf: s.fleetOfLoadTest()}
	}
	list := get("", "list-loadtests", "Load tests, newest first")
	list.fleetsOf, list.reach = nil, reachOwn
	handlePatient(s, route{method: http.MethodPost, path: prefix + "/fleets/{fleet}/loadtests", id: "start-loadtest", group: "tests",
		summary: "Start a load test: search the highest rate that keeps the objectives, or send one load of any profile", action: "loadtest.start",
		status: http.StatusAccepted, errors: temporalErrors()}, s.startLoadTest,
		func(ctx context.Context, r serving.LoadTestRecord) (serving.LoadTestRecord, bool, error) {
			r, err := s.deps.Store.LoadTest(ctx, r.ID)
			return r, r.ClosedAt != nil, err
		})
	handleList(s, list, []string{"started_at", "fleet"},
		func(ctx context.Context, in *LoadTestQuery) (*body[Page[serving.LoadTestRecord]], error) {
			q := in.query()
			q.Fleet = in.Fleet
			q, err := within(ctx, q)
			if err != nil {
				return nil, err
			}
			page, err := s.deps.Store.ListLoadTests(ctx, q)
			return answer(page), err
		})
	handle(s, get("/{id}", "get-loadtest", "One load test"),
		func(ctx context.Context, in *IDPath) (*body[serving.LoadTestRecord], error) {
			rec, err := s.deps.Store.LoadTest(ctx, in.ID)
			return answer(rec), err
		})
	handle(s, get("/{id}/results", "get-loadtest-results", "What the load test found"), s.loadTestResults)
	s.registerCancel("loadtest", "Stop sending load", func(ctx context.Context, id string) (Execution, error) {
		rec, err := s.deps.Store.LoadTest(ctx, id)
		return Execution{WorkflowID: rec.WorkflowID, RunID: rec.ID}, err
	}, s.fleetOfLoadTest())
}

func (s *Server) fleetOfLoadTest() fleetsOf {
	return oneFleet(s.deps.Store.LoadTest, func(r serving.LoadTestRecord) string { return r.Fleet })
}

func (s *Server) startLoadTest(ctx context.Context, in *struct {
	FleetPath
	Patience
	Body LoadTestInput
}) (*startedOutput[serving.LoadTestRecord], error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	if err := in.Body.readTrace(); err != nil {
		return nil, err
	}
	if err := s.checkLoadTest(ctx, in.Body); err != nil {
		return nil, err
	}
	in.Body.Spec.Base.Workload = in.Body.Spec.Base.Workload.WithMoments()
	if len(in.Body.Spec.Objectives) == 0 {
		in.Body.Spec.Objectives = f.SLOs
	}
	id := s.deps.NewID()
	input := workflows.LoadTestInput{ID: id, Fleet: f.Name, Target: in.Body.Target, Spec: in.Body.Spec}
	e, err := s.deps.Workflows.Start(ctx, Start{
		Type: TypeLoadTest, ID: workflows.LoadTestID(id), Fleet: f.Name, Engine: string(f.Config.Engine),
		Summary: "Load test of " + f.Name, Input: input,
	})
	if err != nil {
		return nil, err
	}
	rec := s.loadTestStarted(ctx, input, e)
	kept := input
	kept.Spec.Base.Trace = nil // of thousands of rows; the load test's record has it
	remark(ctx, f.Name, nil, kept)
	return &startedOutput[serving.LoadTestRecord]{Location: prefix + "/loadtests/" + rec.ID, Body: rec}, nil
}

// loadTestStarted keeps the record of a test that has begun; its workflow records
// itself too, so a failure here loses nothing.
func (s *Server) loadTestStarted(ctx context.Context, in workflows.LoadTestInput, e Execution) serving.LoadTestRecord {
	if known, err := s.deps.Store.LoadTest(ctx, e.RunID); err == nil {
		return known
	}
	rec := serving.LoadTestRecord{
		ID: e.RunID, WorkflowID: e.WorkflowID, Fleet: in.Fleet, Target: in.Target, Spec: in.Spec,
		Phase: "running", StartedAt: s.deps.Now().UTC(),
	}
	if err := s.deps.Store.SaveLoadTest(ctx, rec); err != nil {
		s.deps.Log.WarnContext(ctx, "load test not recorded yet, its workflow will", "run", e.RunID, "error", err)
	}
	return rec
}

func (s *Server) loadTestResults(ctx context.Context, in *IDPath) (*body[LoadTestResult], error) {
	rec, err := s.deps.Store.LoadTest(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := LoadTestResult{ID: rec.ID, Phase: rec.Phase, Reason: rec.Reason, Result: rec.Result}
	if rec.ClosedAt == nil {
		var live workflows.LoadTestStatus
		if s.ask(ctx, Execution{rec.WorkflowID, rec.ID}, &live) {
			out.Phase, out.Reason, out.Result = live.Phase, live.Reason, live.Result
		}
	}
	return answer(out), nil
}
