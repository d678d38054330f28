package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ComparisonInput names what is to be compared.
type ComparisonInput struct {
	A ComparisonSideInput `json:"a" required:"true" doc:"The side that the other is held against."`
	B ComparisonSideInput `json:"b" required:"true"`
}

// ComparisonSideInput is one side: load tests, trials of a run, or all finished
// trials of a configuration. Several measurements count as replicates.
type ComparisonSideInput struct {
	Name      string                `json:"name,omitempty" maxLength:"128" doc:"For the reader." example:"before"`
	LoadTests []string              `json:"load_tests,omitempty" maxItems:"50" doc:"IDs of load tests that are completed."`
	Run       string                `json:"run,omitempty" maxLength:"128" doc:"ID of a run: its winner's full trials, or the trials named."`
	Trials    []int                 `json:"trials,omitempty" maxItems:"50" doc:"Numbers of trials of the run."`
	Fleet     string                `json:"fleet,omitempty" maxLength:"63" doc:"With config: whose runs are searched for trials of it."`
	Config    *serving.EngineConfig `json:"config,omitempty" doc:"A configuration: all full trials of it in the fleet's 50 latest runs."`
}

// measuredSide is a side with its measurements.
type measuredSide struct {
	fleet   string
	side    serving.ComparedSide
	results []serving.LadderResult
}

func (s *Server) registerComparisons() {
	handle(s, route{method: http.MethodPost, path: prefix + "/comparisons", id: "create-comparison", group: "tests", reach: reachOwn,
		summary: "Compare two load tests, runs or configurations by what was measured of them", action: "comparison.create",
		status: http.StatusCreated, errors: []int{http.StatusNotFound}}, s.createComparison)
	handleList(s, route{method: http.MethodGet, path: prefix + "/comparisons", id: "list-comparisons", group: "tests", summary: "Comparisons, newest first", reach: reachOwn}, []string{"created_at", "fleet"},
		func(ctx context.Context, in *LoadTestQuery) (*body[Page[serving.ComparisonRecord]], error) {
			q := in.query()
			q.Fleet = in.Fleet
			q, err := within(ctx, q)
			if err != nil {
				return nil, err
			}
			page, err := s.deps.Store.ListComparisons(ctx, q)
			return answer(page), err
		})
	handle(s, route{method: http.MethodGet, path: prefix + "/comparisons/{id}", id: "get-comparison", group: "tests", summary: "One comparison",
		fleetsOf: oneFleet(s.deps.Store.Comparison, func(c serving.ComparisonRecord) string { return c.Fleet })},
		func(ctx context.Context, in *IDPath) (*body[serving.ComparisonRecord], error) {
			rec, err := s.deps.Store.Comparison(ctx, in.ID)
			return answer(rec), err
		})
}

func (s *Server) createComparison(ctx context.Context, in *struct{ Body ComparisonInput }) (*startedOutput[serving.ComparisonRecord], error) {
	a, err := s.measured(ctx, "body.a", in.Body.A)
	if err != nil {
		return nil, err
	}
	b, err := s.measured(ctx, "body.b", in.Body.B)
	if err != nil {
		return nil, err
	}
	rec := serving.ComparisonRecord{ID: s.deps.NewID(), Fleet: b.fleet, CreatedAt: s.deps.Now().UTC(), CreatedBy: callerOf(ctx).Actor,
		A: a.side, B: b.side, Metrics: judge.CompareLoads(a.results, b.results, judge.DefaultReplicateConfig())}
	if err := s.deps.Store.SaveComparison(ctx, rec); err != nil {
		return nil, err
	}
	remark(ctx, rec.ID, nil, in.Body)
	return &startedOutput[serving.ComparisonRecord]{Location: prefix + "/comparisons/" + rec.ID, Body: rec}, nil
}

// measured finds the measurements of a side.
func (s *Server) measured(ctx context.Context, field string, in ComparisonSideInput) (measuredSide, error) {
	given := 0
	for _, is := range []bool{len(in.LoadTests) > 0, in.Run != "", in.Config != nil} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return measuredSide{}, invalid(field, "must have exactly one of load_tests, run and config", "say where its measurements come from")
	case len(in.Trials) > 0 && in.Run == "":
		return measuredSide{}, invalid(field+".trials", "have no meaning without run", "name the run they are of")
	case in.Config != nil && in.Fleet == "":
		return measuredSide{}, invalid(field+".fleet", "is missing", "name the fleet whose runs tried the configuration")
	}
	find := s.ofLoadTests
	switch {
	case in.Run != "":
		find = s.ofRun
	case in.Config != nil:
		find = s.ofConfig
	}
	out, err := find(ctx, field, in)
	if err == nil && !callerOf(ctx).Principal.sees(out.fleet) {
		err = foreignRecord()
	}
	if err == nil && len(out.results) == 0 {
		err = invalid(field, "has no finished measurement", "name load tests that are completed, or a run with finished full trials")
	}
	out.side.Replicates = len(out.results)
	return out, err
}

func (s *Server) ofLoadTests(ctx context.Context, field string, in ComparisonSideInput) (measuredSide, error) {
	out := measuredSide{side: serving.ComparedSide{Name: orName(in.Name, "load tests"), LoadTests: in.LoadTests}}
	for i, id := range in.LoadTests {
		rec, err := s.deps.Store.LoadTest(ctx, id)
		if err == nil && !callerOf(ctx).Principal.sees(rec.Fleet) {
			err = foreignRecord()
		}
		if err != nil {
			return out, err
		}
		if rec.Result == nil {
			return out, invalid(fmt.Sprintf("%s.load_tests[%d]", field, i), "has no result: it is "+rec.Phase, "wait for its end")
		}
		out.fleet, out.results = rec.Fleet, append(out.results, *rec.Result)
	}
	return out, nil
}

func (s *Server) ofRun(ctx context.Context, field string, in ComparisonSideInput) (measuredSide, error) {
	run, err := s.deps.Store.Run(ctx, in.Run)
	if err != nil {
		return measuredSide{}, err
	}
	trials, err := s.deps.Store.Trials(ctx, in.Run)
	if err != nil {
		return measuredSide{}, err
	}
	out := measuredSide{fleet: run.Fleet, side: serving.ComparedSide{Name: orName(in.Name, "run"), Run: run.ID}}
	if len(in.Trials) == 0 {
		if run.Winner == nil {
			return out, invalid(field+".run", "has no winner", "name trials of it")
		}
		out.side.Config = &run.Winner.Config
		out.take(trials, func(t serving.Trial) bool { return isFull(t) && t.Candidate.Config.Equal(run.Winner.Config) })
		return out, nil
	}
	for i, n := range in.Trials {
		if out.take(trials, func(t serving.Trial) bool { return t.Number == n && t.Status == serving.TrialMeasured }) == 0 {
			return out, invalid(fmt.Sprintf("%s.trials[%d]", field, i), fmt.Sprintf("run %s has no finished trial %d", run.ID, n), "see its trials")
		}
	}
	return out, nil
}

// runsSearched bounds the runs that are searched for trials of a configuration.
const runsSearched = 50

func (s *Server) ofConfig(ctx context.Context, _ string, in ComparisonSideInput) (measuredSide, error) {
	out := measuredSide{fleet: in.Fleet, side: serving.ComparedSide{Name: orName(in.Name, "configuration"), Config: in.Config}}
	if _, err := s.deps.Store.Fleet(ctx, in.Fleet); err != nil {
		return out, err
	}
	runs, err := s.deps.Store.ListRuns(ctx, Query{Fleet: in.Fleet, Limit: runsSearched})
	if err != nil {
		return out, err
	}
	for _, run := range runs.Items {
		trials, err := s.deps.Store.Trials(ctx, run.ID)
		if err != nil {
			return out, err
		}
		out.take(trials, func(t serving.Trial) bool { return isFull(t) && t.Candidate.Config.Equal(*in.Config) })
	}
	return out, nil
}

// isFull says that a trial ended and had the whole load; shorter ones screen and
// prove nothing.
func isFull(t serving.Trial) bool {
	return t.Status == serving.TrialMeasured && (t.Fidelity == 0 || t.Fidelity >= 1)
}

// take adds the results of the trials that are wanted and says how many.
func (m *measuredSide) take(list []serving.TrialRecord, wanted func(serving.Trial) bool) int {
	n := 0
	for _, r := range list {
		if wanted(r.Trial) {
			m.results, m.side.Trials, n = append(m.results, r.Trial.Result), append(m.side.Trials, r.Trial.Number), n+1
		}
	}
	return n
}

func orName(given, fallback string) string {
	if given != "" {
		return given
	}
	return fallback
}
