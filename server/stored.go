package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/server/api"
)

// stored is the store in the form that the API asks for: its lists take the API's
// query and give its pages. Everything else is the store's own.
type stored struct{ *store.Store }

// classify says what the store's errors mean; the special cases come before
// ErrConflict, which covers them.
func classify(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return api.ErrNotFound
	case errors.Is(err, store.ErrExists):
		return api.ErrExists
	case errors.Is(err, store.ErrStale):
		return api.ErrStale
	case errors.Is(err, store.ErrConflict):
		return api.ErrConflict
	case errors.Is(err, store.ErrBadCursor):
		return api.ErrBadCursor
	case errors.Is(err, store.ErrUnavailable):
		return api.ErrDown
	}
	return nil
}

func pageOf(q api.Query) store.Page {
	return store.Page{Limit: q.Limit, Cursor: q.Cursor, Sort: q.Sort}
}

func page[T any](items []T, next string, err error) (api.Page[T], error) {
	return api.Page[T]{Items: items, Next: next}, err
}

func runFilter(q api.Query) store.RunFilter {
	return store.RunFilter{Fleet: q.Fleet, Within: q.Within, Outcome: serving.Outcome(q.Outcome), Open: q.Open}
}

func (s stored) ListFleets(ctx context.Context, q api.Query) (api.Page[serving.Fleet], error) {
	return page(s.Fleets(ctx, q.Within, pageOf(q)))
}

func (s stored) ListRuns(ctx context.Context, q api.Query) (api.Page[serving.RunRecord], error) {
	return page(s.Runs(ctx, runFilter(q), pageOf(q)))
}

func (s stored) ListRollouts(ctx context.Context, q api.Query) (api.Page[serving.RolloutRecord], error) {
	return page(s.Rollouts(ctx, runFilter(q), pageOf(q)))
}

func (s stored) ListViolations(ctx context.Context, q api.Query) (api.Page[serving.ViolationRecord], error) {
	return page(s.Violations(ctx, store.ViolationFilter{Fleet: q.Fleet, Within: q.Within, Open: q.Open, State: q.Status,
		Severity: serving.AlertSeverity(q.Severity), Since: q.From}, pageOf(q)))
}

func (s stored) ListAnalyses(ctx context.Context, q api.Query) (api.Page[serving.AnalysisRecord], error) {
	return page(s.Analyses(ctx, store.AnalysisFilter{Fleet: q.Fleet}, pageOf(q)))
}

func (s stored) ListRecommendations(ctx context.Context, q api.Query) (api.Page[serving.RecommendationRecord], error) {
	return page(s.Recommendations(ctx, store.RecommendationFilter{Fleet: q.Fleet, Status: q.Status}, pageOf(q)))
}

func (s stored) ListLoadTests(ctx context.Context, q api.Query) (api.Page[serving.LoadTestRecord], error) {
	return page(s.LoadTests(ctx, store.LoadTestFilter{Fleet: q.Fleet, Within: q.Within, Open: q.Open}, pageOf(q)))
}

func (s stored) ListComparisons(ctx context.Context, q api.Query) (api.Page[serving.ComparisonRecord], error) {
	return page(s.Comparisons(ctx, store.ComparisonFilter{Fleet: q.Fleet, Within: q.Within}, pageOf(q)))
}

func (s stored) ListValidations(ctx context.Context, q api.Query) (api.Page[serving.ValidationRecord], error) {
	return page(s.Validations(ctx, q.Fleet, pageOf(q)))
}

func (s stored) ListInsights(ctx context.Context, q api.Query) (api.Page[serving.Insight], error) {
	return page(s.Insights(ctx, q.Fleet, pageOf(q)))
}

func (s stored) ListSchedules(ctx context.Context, q api.Query) (api.Page[serving.Schedule], error) {
	return page(s.Schedules(ctx, q.Fleet, pageOf(q)))
}

func (s stored) ListSnapshots(ctx context.Context, q api.Query) (api.Page[serving.SnapshotRecord], error) {
	return page(s.Snapshots(ctx, store.SnapshotFilter{Fleet: q.Fleet, Variant: serving.Variant(q.Variant), From: q.From, To: q.To}, pageOf(q)))
}

func (s stored) SaveSnapshot(ctx context.Context, r serving.SnapshotRecord) (serving.SnapshotRecord, error) {
	return s.AddSnapshot(ctx, r)
}

func (s stored) LatestSnapshot(ctx context.Context, fleet string) (serving.SnapshotRecord, error) {
	return s.Store.LatestSnapshot(ctx, fleet, serving.Stable)
}

func (s stored) ListAPIKeys(ctx context.Context, q api.Query) (api.Page[serving.APIKey], error) {
	return page(s.APIKeys(ctx, pageOf(q)))
}

func (s stored) SaveAudit(ctx context.Context, r serving.AuditRecord) error {
	return s.AppendAudit(ctx, r)
}

func (s stored) ListAudit(ctx context.Context, q api.Query) (api.Page[serving.AuditRecord], error) {
	return page(s.Audit(ctx, store.AuditFilter{Actor: q.Actor, Action: q.Action, Target: q.Target, From: q.From, To: q.To}, pageOf(q)))
}

// keyLease is longer than the longest POST, a measurement of up to 80 s: a key that
// is claimed for longer belongs to a server that died.
const keyLease = 2 * time.Minute

func (s stored) ClaimKey(ctx context.Context, actor, key, hash string) (api.IdempotencyState, api.Answer, error) {
	c, err := s.BeginIdempotent(ctx, actor, key, hash, keyLease)
	if err != nil {
		return 0, api.Answer{}, err
	}
	answer := api.Answer{Status: c.Answer.Status, Header: c.Answer.Header, Body: c.Answer.Body}
	switch c.State {
	case store.ClaimGranted:
		return api.KeyClaimed, answer, nil
	case store.ClaimDone:
		return api.KeyDone, answer, nil
	case store.ClaimRunning:
		return api.KeyRunning, answer, nil
	case store.ClaimReused:
		return api.KeyReused, answer, nil
	}
	return 0, answer, fmt.Errorf("claim of key %q is %q, which means nothing here", key, c.State)
}

func (s stored) FinishKey(ctx context.Context, actor, key string, a api.Answer) error {
	return s.FinishIdempotent(ctx, actor, key, store.Answer{Status: a.Status, Header: a.Header, Body: a.Body})
}

func (s stored) ReleaseKey(ctx context.Context, actor, key string) error {
	return s.AbandonIdempotent(ctx, actor, key)
}
