package api

import (
	"context"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// SourceView is what came of one source's candidates.
type SourceView struct {
	serving.SourceScore
	HitRate serving.Measure `json:"hit_rate" doc:"Share of the tried candidates that beat the best measured before them; null while none was tried."`
}

// SourcesView is the record of all sources.
type SourcesView struct {
	Fleet   string       `json:"fleet"`
	Runs    int          `json:"runs" doc:"Runs that are counted, the latest."`
	Sources []SourceView `json:"sources"`
}

// scoredRuns are how many of the latest runs are counted.
const scoredRuns = 200

func (s *Server) getSources(ctx context.Context, in *FleetPath) (*body[SourcesView], error) {
	if _, err := s.deps.Store.Fleet(ctx, in.Fleet); err != nil {
		return nil, err
	}
	scores, runs, err := s.scores(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	out := SourcesView{Fleet: in.Fleet, Runs: runs, Sources: []SourceView{}}
	for _, score := range scores {
		out.Sources = append(out.Sources, SourceView{SourceScore: score, HitRate: score.HitRate()})
	}
	return answer(out), nil
}

// scores sums over the latest runs of a fleet, or of all with "".
func (s *Server) scores(ctx context.Context, fleet string) ([]serving.SourceScore, int, error) {
	page, err := s.deps.Store.ListRuns(ctx, Query{Fleet: fleet, Limit: scoredRuns})
	if err != nil {
		return nil, 0, err
	}
	var lists [][]serving.SourceScore
	for _, r := range page.Items {
		if len(r.Sources) > 0 {
			lists = append(lists, r.Sources)
		}
	}
	return serving.AddScores(lists...), len(lists), nil
}
