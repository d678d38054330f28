package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/propose/search"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// SearchProblem is what a run searches; it stays the same from trial to trial.
type SearchProblem struct {
	Fleet       serving.Fleet        `json:"fleet"`
	Snapshot    serving.Snapshot     `json:"snapshot"`
	Workload    serving.Workload     `json:"workload"`
	Bottlenecks []serving.Bottleneck `json:"bottlenecks"`
	// Proposals share one queue; Given are tried instead.
	Proposals      []serving.Candidate `json:"proposals,omitempty"`
	Given          []serving.Candidate `json:"given,omitempty"`
	Objective      string              `json:"objective"`
	MinEffect      float64             `json:"min_effect"`
	ScreenFidelity float64             `json:"screen_fidelity"`
}

// NextTrialInput is a search with its whole history, so that any worker can go on
// with it.
type NextTrialInput struct {
	Problem SearchProblem        `json:"problem"`
	Budget  search.Budget        `json:"budget"`
	Seen    []search.Observation `json:"seen"`
}

// NextTrial decides what a search measures next, or that it is done.
func (a *Analysis) NextTrial(_ context.Context, in NextTrialInput) (search.Step, error) {
	known, err := a.engines.Engine(in.Problem.Fleet.Config.Engine)
	if err != nil {
		return search.Step{}, translate(fmt.Errorf("%w: %w", err, serving.ErrPermanent))
	}
	key, err := json.Marshal(in.Problem)
	if err != nil {
		return search.Step{}, translate(fmt.Errorf("search problem: %w: %w", err, serving.ErrPermanent))
	}
	p := in.Problem
	prepare := func() *search.Search {
		return search.Prepare(search.Problem{
			Input:  propose.Input{Fleet: p.Fleet, Snapshot: p.Snapshot, Workload: p.Workload, Bottlenecks: p.Bottlenecks},
			Engine: known, Proposals: p.Proposals, Given: p.Given, Objective: p.Objective, MinEffect: p.MinEffect, ScreenFidelity: p.ScreenFidelity,
		})
	}
	return a.searches.next(string(key), prepare, in.Budget, in.Seen), nil
}

// searches keeps the last prepared search. A search answers the same whether it
// was kept or not; a second run beside the first only prepares more often.
type searches struct {
	mu   sync.Mutex
	key  string
	last *search.Search
}

func (s *searches) next(key string, prepare func() *search.Search, b search.Budget, seen []search.Observation) search.Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil || s.key != key {
		s.key, s.last = key, prepare()
	}
	return s.last.Within(b).Next(seen)
}
