package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// TypeInsight is the workflow type of insights.
const TypeInsight = "Insight"

// insightDeadline is what one answer may take at all. It is enough for a measurement
// of 40 s and the 30 s that a language model has; after a longer one the insight is
// in the list when it is there.
const insightDeadline = maxCollect

func (s *Server) registerInsights() {
	under := prefix + "/fleets/{fleet}/insights"
	handle(s, route{method: http.MethodPost, path: under, id: "create-insight", group: "insights",
		summary: "Ask what limits the fleet and what might help, in plain words: of a language model, or of the rules where none answers",
		action:  "insight.create", status: http.StatusCreated, deadline: insightDeadline,
		errors: temporalErrors(http.StatusBadGateway)}, s.createInsight)
	handleList(s, route{method: http.MethodGet, path: under, id: "list-insights", group: "insights",
		summary: "Insights of a fleet, newest first: those of its runs and those that people asked for"}, []string{"created_at"},
		func(ctx context.Context, in *FleetListQuery) (*body[Page[serving.Insight]], error) {
			if _, err := s.deps.Store.Fleet(ctx, in.Fleet); err != nil {
				return nil, err
			}
			q := in.query()
			q.Fleet = in.Fleet
			page, err := s.deps.Store.ListInsights(ctx, q)
			return answer(page), err
		})
	handle(s, route{method: http.MethodGet, path: prefix + "/fleets/{fleet}/recommendations/sources", id: "get-recommendation-sources", group: "recommendations",
		summary: "How often the candidates of rules, of the model and of a language model were better, over the fleet's latest runs"}, s.getSources)
}

func (s *Server) createInsight(ctx context.Context, in *analyseRequest) (*startedOutput[serving.Insight], error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	snapshot, err := s.snapshotFor(ctx, f, orZero(in.Body))
	if err != nil {
		return nil, err
	}
	found, err := s.assess(f, snapshot, "")
	if err != nil {
		return nil, err
	}
	id := s.deps.NewID()
	_, err = s.deps.Workflows.Start(ctx, Start{Type: TypeInsight, ID: workflows.InsightID(id), Fleet: f.Name, Engine: string(f.Config.Engine),
		Summary: "insight into " + f.Name, Input: workflows.InsightInput{RequestedBy: callerOf(ctx).Actor, Question: activities.AdviseInput{Subject: id,
			Fleet: f, Snapshot: snapshot, Workload: found.workload, Bottlenecks: found.bottlenecks, Recommendations: found.recommendations}}})
	if err != nil {
		return nil, err
	}
	remark(ctx, f.Name, nil, map[string]string{"insight": id})
	insight, err := s.awaitInsight(ctx, id)
	return &startedOutput[serving.Insight]{Location: prefix + "/fleets/" + f.Name + "/insights", Body: insight}, err
}

// awaitInsight looks until the workflow has written the insight down. It always
// does, answer or not, as long as a worker lives.
func (s *Server) awaitInsight(ctx context.Context, id string) (serving.Insight, error) {
	poll := time.NewTicker(s.cfg.EventPoll)
	defer poll.Stop()
	for {
		insight, err := s.deps.Store.Insight(ctx, id)
		if err == nil || !s.isNotFound(err) {
			return insight, err
		}
		select {
		case <-ctx.Done():
			return insight, fmt.Errorf("%w: insight %s", ErrNoWorker, id)
		case <-poll.C:
		}
	}
}
