package api

import (
	"context"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// AnalyseInput says on what an analysis is made.
type AnalyseInput struct {
	Collect       bool    `json:"collect,omitempty" doc:"Measure now, even if there is a measurement."`
	WindowSeconds float64 `json:"window_seconds,omitempty" minimum:"1" maximum:"60" default:"10" doc:"Of a new measurement."`
}

type analyseRequest struct {
	FleetPath
	Body *AnalyseInput
}

// FleetListQuery is the input of lists under a fleet.
type FleetListQuery struct {
	FleetPath
	PageQuery
}

func (s *Server) registerAnalyses() {
	handle(s, route{method: http.MethodPost, path: prefix + "/fleets/{fleet}/analyses", id: "create-analysis", group: "analysis",
		summary: "Diagnose the fleet on its latest measurement, or on a new one", action: "analysis.create",
		status: http.StatusCreated, deadline: maxCollect, errors: []int{http.StatusBadGateway, http.StatusGatewayTimeout}}, s.createAnalysis)
	handleList(s, route{method: http.MethodGet, path: prefix + "/fleets/{fleet}/analyses", id: "list-analyses", group: "analysis",
		summary: "Analyses of a fleet, newest first"}, []string{"created_at"},
		func(ctx context.Context, in *FleetListQuery) (*body[Page[serving.AnalysisRecord]], error) {
			if _, err := s.deps.Store.Fleet(ctx, in.Fleet); err != nil {
				return nil, err
			}
			q := in.query()
			q.Fleet = in.Fleet
			page, err := s.deps.Store.ListAnalyses(ctx, q)
			return answer(page), err
		})
	handle(s, route{method: http.MethodGet, path: prefix + "/analyses/{id}", id: "get-analysis", group: "analysis", summary: "One analysis",
		fleetsOf: oneFleet(s.deps.Store.Analysis, func(a serving.AnalysisRecord) string { return a.Fleet })},
		func(ctx context.Context, in *IDPath) (*body[serving.AnalysisRecord], error) {
			rec, err := s.deps.Store.Analysis(ctx, in.ID)
			return answer(rec), err
		})
}

func (s *Server) createAnalysis(ctx context.Context, in *analyseRequest) (*startedOutput[serving.AnalysisRecord], error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	rec, err := s.analyse(ctx, f, orZero(in.Body), "")
	if err != nil {
		return nil, err
	}
	remark(ctx, f.Name, nil, map[string]string{"analysis": rec.ID})
	return &startedOutput[serving.AnalysisRecord]{Location: prefix + "/analyses/" + rec.ID, Body: rec}, nil
}

// analyse diagnoses and recommends, of one family where one is given, and keeps
// the result.
func (s *Server) analyse(ctx context.Context, f serving.Fleet, in AnalyseInput, family serving.Family) (serving.AnalysisRecord, error) {
	snapshot, err := s.snapshotFor(ctx, f, in)
	if err != nil {
		return serving.AnalysisRecord{}, err
	}
	found, err := s.assess(f, snapshot, family)
	if err != nil {
		return serving.AnalysisRecord{}, err
	}
	rec := serving.AnalysisRecord{
		ID: s.deps.NewID(), Fleet: f.Name, CreatedAt: s.deps.Now().UTC(), Snapshot: snapshot,
		Bottlenecks: found.bottlenecks, Recommendations: found.recommendations,
	}
	return rec, s.deps.Store.SaveAnalysis(ctx, rec)
}

// assessment is what a measurement shows; its lists are never nil, so that JSON
// says [].
type assessment struct {
	workload        serving.Workload
	bottlenecks     []serving.Bottleneck
	recommendations []serving.Recommendation
}

// assess diagnoses a measurement and recommends, of one family where one is
// given.
func (s *Server) assess(f serving.Fleet, snapshot serving.Snapshot, family serving.Family) (assessment, error) {
	known, err := s.deps.Engines.Engine(f.Config.Engine)
	if err != nil {
		return assessment{}, err
	}
	workload, bottlenecks := diagnosed(f, snapshot)
	input := propose.Input{Fleet: f, Snapshot: snapshot, Workload: workload, Bottlenecks: bottlenecks}
	var recs []serving.Recommendation
	if family == "" {
		recs, err = propose.Recommend(input, known)
	} else {
		recs, err = propose.RecommendFamily(input, family, known)
	}
	if err != nil {
		return assessment{}, invalid("fleet", err.Error(), "")
	}
	return assessment{workload: workload, bottlenecks: append([]serving.Bottleneck{}, bottlenecks...),
		recommendations: append([]serving.Recommendation{}, recs...)}, nil
}

// diagnosed finds what limits the fleet under its workload: the given one, or the
// observed one; without either, the bottlenecks rest on the snapshot alone.
func diagnosed(f serving.Fleet, snapshot serving.Snapshot) (serving.Workload, []serving.Bottleneck) {
	in := diagnose.Input{Snapshot: snapshot, Fleet: f}
	workload, seen := diagnose.ObserveWorkload(snapshot)
	switch {
	case f.Workload != nil:
		workload = *f.Workload
		in.Workload = &workload
	case seen:
		in.Workload = &workload
	}
	return workload, diagnose.Diagnose(in)
}

// snapshotFor is the latest measurement, or a new one where it is asked for or
// there is none.
func (s *Server) snapshotFor(ctx context.Context, f serving.Fleet, in AnalyseInput) (serving.Snapshot, error) {
	if !in.Collect {
		rec, err := s.deps.Store.LatestSnapshot(ctx, f.Name)
		if err == nil || !s.isNotFound(err) {
			return rec.Snapshot, err
		}
	}
	rec, err := s.collect(ctx, f, in.WindowSeconds)
	return rec.Snapshot, err
}
