package api

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/optiinfra/performance-agent/internal/report"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

const htmlType = "text/html; charset=utf-8"

func (s *Server) registerReports() {
	handle(s, route{method: http.MethodGet, path: prefix + "/runs/{id}/report", id: "run-report", group: "runs", page: true, fleetsOf: s.fleetOfRun(),
		summary: "The run as a page to read, print and forward; it loads nothing from anywhere"},
		func(ctx context.Context, in *ReportInput) (*raw, error) {
			facts, err := s.reportFacts(ctx, in)
			if err != nil {
				return nil, err
			}
			var page bytes.Buffer
			if err := s.reports.Render(&page, report.Of(facts)); err != nil {
				return nil, err
			}
			return blob(htmlType, s.reports.Policy(), page.Bytes()), nil
		})
	s.documentPage(prefix + "/runs/{id}/report")
	handle(s, route{method: http.MethodGet, path: prefix + "/runs/{id}/report.json", id: "run-report-json", group: "runs", fleetsOf: s.fleetOfRun(),
		summary: "The same facts as data"},
		func(ctx context.Context, in *ReportInput) (*body[report.Report], error) {
			facts, err := s.reportFacts(ctx, in)
			if err != nil {
				return nil, err
			}
			return answer(report.Of(facts)), nil
		})
}

// documentPage says in the OpenAPI document that a route answers with a page.
func (s *Server) documentPage(path string) {
	s.api.OpenAPI().Paths[path].Get.Responses["200"].Content = map[string]*huma.MediaType{
		"text/html": {Schema: &huma.Schema{Type: huma.TypeString}},
	}
}

// ReportInput names the run, and takes from the request the address under which
// its reader reaches this server.
type ReportInput struct {
	IDPath
	address string
}

// Resolve implements huma.Resolver.
func (in *ReportInput) Resolve(ctx huma.Context) []error {
	scheme := "http://"
	if ctx.TLS() != nil {
		scheme = "https://"
	}
	in.address = scheme + ctx.Host() + prefix
	return nil
}

// storyPage bounds one read of a run's story, and storyMost all of it: a run tells
// some dozens of events, so beyond that something repeats itself.
const (
	storyPage = 200
	storyMost = 2000
)

// reportFacts gathers what is kept of a run. What is missing besides the run itself
// is told as missing; a store that fails is an error, since a report must not look
// complete when it is not.
func (s *Server) reportFacts(ctx context.Context, in *ReportInput) (report.Facts, error) {
	run, err := s.deps.Store.Run(ctx, in.ID)
	if err != nil {
		return report.Facts{}, err
	}
	f := report.Facts{Run: run, API: in.address, Now: s.deps.Now().UTC(), CommandLine: s.commandLine}
	for _, gather := range []func(context.Context, *report.Facts) error{
		s.gatherTrials, s.gatherFleet, s.gatherAnalysis, s.gatherRollout, s.gatherViolations, s.gatherStory,
	} {
		if err := gather(ctx, &f); err != nil {
			return f, err
		}
	}
	return f, nil
}

func (s *Server) commandLine(c serving.EngineConfig) []string {
	e, err := s.deps.Engines.Engine(c.Engine)
	if err != nil {
		return nil
	}
	return e.CommandLine(c, "", 0)
}

func (s *Server) gatherTrials(ctx context.Context, f *report.Facts) error {
	list, err := s.deps.Store.Trials(ctx, f.Run.ID)
	for _, t := range list {
		f.Trials = append(f.Trials, t.Trial)
	}
	return err
}

// gatherFleet reads the fleet and what was counted of its objectives.
func (s *Server) gatherFleet(ctx context.Context, f *report.Facts) error {
	fleet, err := s.deps.Store.Fleet(ctx, f.Run.Fleet)
	if s.isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	f.Fleet = &fleet
	reach := time.Duration(slo.LongestPeriod(fleet.SLOs) * float64(time.Second))
	f.Tallies, err = s.deps.Store.SLOTallies(ctx, fleet.Name, f.Run.StartedAt.Add(-reach))
	return err
}

// gatherAnalysis reads the measurement that the run began with, which has its ID.
func (s *Server) gatherAnalysis(ctx context.Context, f *report.Facts) error {
	a, err := s.deps.Store.Analysis(ctx, f.Run.ID)
	if err == nil {
		f.Analysis = &a
	}
	return s.unlessNotFound(err)
}

// gatherRollout looks for the run's rollout also while the run is open, whose
// record names it only at its end.
func (s *Server) gatherRollout(ctx context.Context, f *report.Facts) error {
	ro, err := s.rolloutOfRun(ctx, f.Run)
	if err != nil || ro == nil {
		return err
	}
	f.Rollout = ro
	f.Stages, err = s.deps.Store.Stages(ctx, ro.ID)
	return err
}

func (s *Server) rolloutOfRun(ctx context.Context, run serving.RunRecord) (*serving.RolloutRecord, error) {
	if run.RolloutID != "" {
		ro, err := s.deps.Store.Rollout(ctx, run.RolloutID)
		if err != nil {
			return nil, s.unlessNotFound(err)
		}
		return &ro, nil
	}
	page, err := s.deps.Store.ListRollouts(ctx, Query{Fleet: run.Fleet, Limit: storyPage})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(page.Items, func(r serving.RolloutRecord) bool { return r.RunID == run.ID })
	if i < 0 {
		return nil, nil
	}
	return &page.Items[i], nil
}

// gatherViolations keeps those that were open at some time of the run.
func (s *Server) gatherViolations(ctx context.Context, f *report.Facts) error {
	page, err := s.deps.Store.ListViolations(ctx, Query{Fleet: f.Run.Fleet, From: f.Run.StartedAt, Limit: storyPage})
	for _, v := range page.Items {
		if f.Run.ClosedAt == nil || v.OpenedAt.Before(*f.Run.ClosedAt) {
			f.Violations = append(f.Violations, v)
		}
	}
	return err
}

func (s *Server) gatherStory(ctx context.Context, f *report.Facts) error {
	after := int64(0)
	for len(f.Story) < storyMost {
		list, err := s.deps.Store.Events(ctx, f.Run.ID, after, storyPage)
		if err != nil {
			return err
		}
		f.Story = append(f.Story, list...)
		if len(list) < storyPage {
			return nil
		}
		after = list[len(list)-1].Seq
	}
	return nil
}

func (s *Server) unlessNotFound(err error) error {
	if s.isNotFound(err) {
		return nil
	}
	return err
}
