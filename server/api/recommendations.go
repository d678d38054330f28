package api

import (
	"context"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// RecommendationQuery narrows a fleet's recommendations.
type RecommendationQuery struct {
	FleetListQuery
	Status string `query:"status" enum:"open,accepted,dismissed"`
}

// States of a recommendation.
const (
	recOpen      = "open"
	recAccepted  = "accepted"
	recDismissed = "dismissed"
)

func (s *Server) registerRecommendations() {
	under := prefix + "/fleets/{fleet}/recommendations"
	for _, f := range []struct {
		path    string
		family  serving.Family
		summary string
	}{
		{"", "", "Recommend changes of every family, and keep them for decision"},
		{"/kv-cache", serving.FamilyKVCache, "Recommend changes to the KV cache"},
		{"/quantization", serving.FamilyQuantization, "Recommend quantization of weights or KV cache, where the GPU supports it"},
		{"/batching", serving.FamilyBatching, "Recommend changes to batching and scheduling"},
		{"/parallelism", serving.FamilyParallelism, "Recommend another split of the model over GPUs"},
	} {
		handle(s, route{method: http.MethodPost, path: under + f.path, id: "recommend-" + orAll(f.family), group: "recommendations",
			summary: f.summary, action: "recommendation.generate", deadline: maxCollect,
			errors: []int{http.StatusBadGateway, http.StatusGatewayTimeout}}, s.recommend(f.family))
	}
	handleList(s, route{method: http.MethodGet, path: under, id: "list-recommendations", group: "recommendations",
		summary: "Recommendations of a fleet, newest first"}, []string{"created_at"}, s.listRecommendations)
	handle(s, route{method: http.MethodGet, path: prefix + "/recommendations/{id}", id: "get-recommendation", group: "recommendations",
		summary: "One recommendation", fleetsOf: s.fleetOfRecommendation()},
		func(ctx context.Context, in *IDPath) (*body[serving.RecommendationRecord], error) {
			rec, err := s.deps.Store.Recommendation(ctx, in.ID)
			return answer(rec), err
		})
	s.registerDecision("accept", recAccepted, "Note that it will be followed; ship it with POST .../rollouts")
	s.registerDecision("dismiss", recDismissed, "Note that it will not be followed")
}

func orAll(f serving.Family) string {
	if f == "" {
		return "all"
	}
	return string(f)
}

func (s *Server) fleetOfRecommendation() fleetsOf {
	return oneFleet(s.deps.Store.Recommendation, func(r serving.RecommendationRecord) string { return r.Fleet })
}

func (s *Server) recommend(family serving.Family) func(context.Context, *analyseRequest) (*body[Page[serving.RecommendationRecord]], error) {
	return func(ctx context.Context, in *analyseRequest) (*body[Page[serving.RecommendationRecord]], error) {
		f, err := s.deps.Store.Fleet(ctx, in.Fleet)
		if err != nil {
			return nil, err
		}
		analysis, err := s.analyse(ctx, f, orZero(in.Body), family)
		if err != nil {
			return nil, err
		}
		page := Page[serving.RecommendationRecord]{Items: []serving.RecommendationRecord{}}
		for _, r := range analysis.Recommendations {
			rec := serving.RecommendationRecord{
				ID: s.deps.NewID(), Fleet: f.Name, AnalysisID: analysis.ID, Recommendation: r,
				Status: recOpen, CreatedAt: analysis.CreatedAt,
			}
			page.Items = append(page.Items, rec)
		}
		if err := s.deps.Store.SaveRecommendations(ctx, page.Items); err != nil {
			return nil, err
		}
		remark(ctx, f.Name, nil, map[string]any{"analysis": analysis.ID, "recommendations": len(page.Items)})
		return answer(page), nil
	}
}

func (s *Server) listRecommendations(ctx context.Context, in *RecommendationQuery) (*body[Page[serving.RecommendationRecord]], error) {
	if _, err := s.deps.Store.Fleet(ctx, in.Fleet); err != nil {
		return nil, err
	}
	q := in.query()
	q.Fleet, q.Status = in.Fleet, in.Status
	page, err := s.deps.Store.ListRecommendations(ctx, q)
	return answer(page), err
}

// decision is what changes of a recommendation, for the audit log.
type decision struct {
	Fleet     string     `json:"fleet"`
	Status    string     `json:"status"`
	DecidedBy string     `json:"decided_by,omitempty"`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
}

func decisionOf(r serving.RecommendationRecord) decision {
	return decision{Fleet: r.Fleet, Status: r.Status, DecidedBy: r.DecidedBy, DecidedAt: r.DecidedAt}
}

func (s *Server) registerDecision(verb, status, summary string) {
	handle(s, route{method: http.MethodPost, path: prefix + "/recommendations/{id}/" + verb, id: verb + "-recommendation",
		group: "recommendations", summary: summary, action: "recommendation." + verb, fleetsOf: s.fleetOfRecommendation()},
		func(ctx context.Context, in *IDPath) (*body[serving.RecommendationRecord], error) {
			before, err := s.deps.Store.Recommendation(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			rec, err := s.deps.Store.DecideRecommendation(ctx, in.ID, status, callerOf(ctx).Actor, s.deps.Now().UTC())
			remark(ctx, in.ID, decisionOf(before), decisionOf(rec))
			return answer(rec), err
		})
}
