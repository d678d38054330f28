package api_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

// The fake's own sentinels: they reach the API only through Classify, as those of
// a real adapter do.
var (
	errMissing = errors.New("fake: missing")
	errThere   = errors.New("fake: there")
	errOld     = errors.New("fake: old")
	errClash   = errors.New("fake: clash")
	errCursor  = errors.New("fake: cursor")
	errDown    = errors.New("fake: down")
)

func classify(err error) error {
	for from, to := range map[error]error{
		errMissing: api.ErrNotFound, errThere: api.ErrExists, errOld: api.ErrStale,
		errClash: api.ErrConflict, errCursor: api.ErrBadCursor, errDown: api.ErrDown,
	} {
		if errors.Is(err, from) {
			return to
		}
	}
	return nil
}

// fakeStore keeps everything in memory.
type fakeStore struct {
	mu         sync.Mutex
	fleets     map[string]serving.Fleet
	runs       map[string]serving.RunRecord
	trials     []serving.TrialRecord
	events     []serving.EventRecord
	rollouts   map[string]serving.RolloutRecord
	stages     []serving.StageRecord
	tallies    []slo.Tally
	since      time.Time // of the last question for tallies
	violations map[string]serving.ViolationRecord
	snapshots  []serving.SnapshotRecord
	analyses   map[string]serving.AnalysisRecord
	recs       map[string]serving.RecommendationRecord
	loadTests  map[string]serving.LoadTestRecord
	compared   map[string]serving.ComparisonRecord
	validated  map[string]serving.ValidationRecord
	golden     map[string]serving.GoldenSet
	audit      []serving.AuditRecord
	insights   map[string]serving.Insight
	schedules  map[string]serving.Schedule
	occurred   []serving.Occurrence
	calls      map[serving.ExchangeStatus]serving.AdvisorUsage
	claims     map[string]*claim
	queries    []api.Query
	// resolutions were read, and kept are their horizons.
	resolutions []series.Resolution
	kept        map[series.Resolution]time.Time
	fail        error                     // returned by every read of a fleet
	keys        map[string]serving.APIKey // by hash
	touched     []string
	failLists   error // returned by every list
}

type claim struct {
	hash   string
	done   bool
	answer api.Answer
}

func newFakeStore() *fakeStore {
	return &fakeStore{
		fleets: map[string]serving.Fleet{}, runs: map[string]serving.RunRecord{}, rollouts: map[string]serving.RolloutRecord{},
		violations: map[string]serving.ViolationRecord{}, analyses: map[string]serving.AnalysisRecord{},
		recs: map[string]serving.RecommendationRecord{}, loadTests: map[string]serving.LoadTestRecord{},
		compared: map[string]serving.ComparisonRecord{}, validated: map[string]serving.ValidationRecord{}, golden: map[string]serving.GoldenSet{}, insights: map[string]serving.Insight{}, claims: map[string]*claim{},
		keys: map[string]serving.APIKey{}, schedules: map[string]serving.Schedule{},
	}
}

func one[T any](s *fakeStore, m map[string]T, kind, id string) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := m[id]
	if !ok {
		return v, fmt.Errorf("%s %q: %w", kind, id, errMissing)
	}
	return v, nil
}

func put[T any](s *fakeStore, m map[string]T, id string, v T) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m[id] = v
	return nil
}

func listOf[T any](s *fakeStore, m map[string]T, q api.Query) (api.Page[T], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries = append(s.queries, q)
	if s.failLists != nil {
		return api.Page[T]{}, s.failLists
	}
	if q.Cursor == "bad" {
		return api.Page[T]{}, errCursor
	}
	page := api.Page[T]{Items: []T{}}
	var ids []string
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if f := fleetOf(m[id]); q.Within == nil || f == "" || slices.Contains(q.Within, f) {
			page.Items = append(page.Items, m[id])
		}
	}
	return page, nil
}

// fleetOf is the fleet of a record, "" for one that is of none or of several.
func fleetOf(record any) string {
	switch r := record.(type) {
	case serving.Fleet:
		return r.Name
	case serving.RunRecord:
		return r.Fleet
	case serving.RolloutRecord:
		return r.Fleet
	case serving.ViolationRecord:
		return r.Fleet
	}
	return ""
}

// onlyOpen keeps what the query's Open asks for.
func onlyOpen[T any](q api.Query, open func(T) bool) func(api.Page[T], error) (api.Page[T], error) {
	return func(p api.Page[T], err error) (api.Page[T], error) {
		if q.Open != nil {
			p.Items = slices.DeleteFunc(p.Items, func(v T) bool { return open(v) != *q.Open })
		}
		return p, err
	}
}

func (s *fakeStore) CreateFleet(_ context.Context, f serving.Fleet) (serving.Fleet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.fleets[f.Name]; there {
		return f, fmt.Errorf("fleet %q: %w", f.Name, errThere)
	}
	f.Generation = 1
	s.fleets[f.Name] = f
	return f, nil
}

func (s *fakeStore) Fleet(_ context.Context, name string) (serving.Fleet, error) {
	if s.fail != nil {
		return serving.Fleet{}, s.fail
	}
	return one(s, s.fleets, "fleet", name)
}

func (s *fakeStore) ListFleets(_ context.Context, q api.Query) (api.Page[serving.Fleet], error) {
	return listOf(s, s.fleets, q)
}

func (s *fakeStore) UpdateFleet(_ context.Context, f serving.Fleet, generation int64) (serving.Fleet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if generation != 0 && s.fleets[f.Name].Generation != generation {
		return f, fmt.Errorf("fleet %q: %w", f.Name, errOld)
	}
	f.Generation = s.fleets[f.Name].Generation + 1
	s.fleets[f.Name] = f
	return f, nil
}

func (s *fakeStore) DeleteFleet(_ context.Context, name string, _ int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.fleets, name)
	return nil
}

func (s *fakeStore) SaveRun(_ context.Context, r serving.RunRecord) error {
	return put(s, s.runs, r.ID, r)
}
func (s *fakeStore) Run(_ context.Context, id string) (serving.RunRecord, error) {
	return one(s, s.runs, "run", id)
}
func (s *fakeStore) ListRuns(_ context.Context, q api.Query) (api.Page[serving.RunRecord], error) {
	return onlyOpen(q, func(r serving.RunRecord) bool { return r.ClosedAt == nil })(listOf(s, s.runs, q))
}
func (s *fakeStore) Trials(context.Context, string) ([]serving.TrialRecord, error) {
	return s.trials, nil
}

func (s *fakeStore) Events(_ context.Context, runID string, after int64, limit int) ([]serving.EventRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []serving.EventRecord
	for _, e := range s.events {
		if e.RunID == runID && e.Seq > after && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, nil
}

// tell appends an event and gives it its number.
func (s *fakeStore) tell(runID, kind, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, serving.EventRecord{
		Seq: int64(len(s.events) + 1), RunID: runID, Type: kind, Message: message, At: time.Unix(1_800_000_000, 0).UTC(),
	})
}

func (s *fakeStore) SaveRollout(_ context.Context, r serving.RolloutRecord) error {
	return put(s, s.rollouts, r.ID, r)
}
func (s *fakeStore) Rollout(_ context.Context, id string) (serving.RolloutRecord, error) {
	return one(s, s.rollouts, "rollout", id)
}
func (s *fakeStore) ListRollouts(_ context.Context, q api.Query) (api.Page[serving.RolloutRecord], error) {
	return onlyOpen(q, func(r serving.RolloutRecord) bool { return r.ClosedAt == nil })(listOf(s, s.rollouts, q))
}
func (s *fakeStore) Stages(context.Context, string) ([]serving.StageRecord, error) {
	return s.stages, nil
}

func (s *fakeStore) Violation(_ context.Context, id string) (serving.ViolationRecord, error) {
	return one(s, s.violations, "violation", id)
}
func (s *fakeStore) ListViolations(_ context.Context, q api.Query) (api.Page[serving.ViolationRecord], error) {
	return onlyOpen(q, func(v serving.ViolationRecord) bool { return v.ResolvedAt == nil })(listOf(s, s.violations, q))
}
func (s *fakeStore) AcknowledgeViolation(_ context.Context, id, by, note string, at time.Time) (serving.ViolationRecord, error) {
	v, err := one(s, s.violations, "violation", id)
	if err != nil {
		return v, err
	}
	v.AcknowledgedAt, v.AcknowledgedBy, v.AcknowledgeNote = &at, by, note
	return v, put(s, s.violations, id, v)
}
func (s *fakeStore) SaveViolation(_ context.Context, v serving.ViolationRecord) error {
	return put(s, s.violations, v.ID, v)
}
func (s *fakeStore) ResolveViolation(ctx context.Context, id string, at time.Time) error {
	_, err := s.CloseViolation(ctx, id, "", "", at)
	return err
}
func (s *fakeStore) CloseViolation(_ context.Context, id, by, note string, at time.Time) (serving.ViolationRecord, error) {
	v, err := one(s, s.violations, "violation", id)
	if err != nil {
		return v, err
	}
	v.ResolvedAt, v.ResolvedBy, v.ResolveNote = &at, by, note
	return v, put(s, s.violations, id, v)
}
func (s *fakeStore) SLOTallies(_ context.Context, _ string, since time.Time) ([]slo.Tally, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = since
	return s.tallies, nil
}

func (s *fakeStore) SaveSnapshot(_ context.Context, r serving.SnapshotRecord) (serving.SnapshotRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.ID = int64(len(s.snapshots) + 1)
	s.snapshots = append(s.snapshots, r)
	return r, nil
}
func (s *fakeStore) LatestSnapshot(_ context.Context, fleet string) (serving.SnapshotRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.snapshots) == 0 {
		return serving.SnapshotRecord{}, fmt.Errorf("snapshot of %s: %w", fleet, errMissing)
	}
	return s.snapshots[len(s.snapshots)-1], nil
}
func (s *fakeStore) ListSnapshots(context.Context, api.Query) (api.Page[serving.SnapshotRecord], error) {
	return api.Page[serving.SnapshotRecord]{Items: s.snapshots}, nil
}

// Rollups gives the snapshots of a variant as they are, whatever the resolution.
func (s *fakeStore) Rollups(_ context.Context, fleet string, v serving.Variant, res series.Resolution, from, to time.Time, limit int) ([]series.Rollup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resolutions = append(s.resolutions, res)
	out := []series.Rollup{}
	for _, r := range s.snapshots {
		if r.Fleet == fleet && r.Variant == v && !r.TakenAt.Before(from) && !r.TakenAt.After(to) && len(out) < limit {
			out = append(out, series.Of(r))
		}
	}
	return out, nil
}

func (s *fakeStore) KeptSince(_ context.Context, res series.Resolution) (time.Time, error) {
	return s.kept[res], nil
}

func (s *fakeStore) SaveAnalysis(_ context.Context, r serving.AnalysisRecord) error {
	return put(s, s.analyses, r.ID, r)
}
func (s *fakeStore) Analysis(_ context.Context, id string) (serving.AnalysisRecord, error) {
	return one(s, s.analyses, "analysis", id)
}
func (s *fakeStore) ListAnalyses(_ context.Context, q api.Query) (api.Page[serving.AnalysisRecord], error) {
	return listOf(s, s.analyses, q)
}

func (s *fakeStore) SaveRecommendations(_ context.Context, list []serving.RecommendationRecord) error {
	for _, r := range list {
		if err := put(s, s.recs, r.ID, r); err != nil {
			return err
		}
	}
	return nil
}
func (s *fakeStore) DecideRecommendation(_ context.Context, id, status, by string, at time.Time) (serving.RecommendationRecord, error) {
	r, err := one(s, s.recs, "recommendation", id)
	if err != nil || r.Status == status {
		return r, err
	}
	if r.Status != "open" {
		return r, fmt.Errorf("already %s by %s: %w", r.Status, r.DecidedBy, errClash)
	}
	r.Status, r.DecidedBy, r.DecidedAt = status, by, &at
	return r, put(s, s.recs, id, r)
}
func (s *fakeStore) Recommendation(_ context.Context, id string) (serving.RecommendationRecord, error) {
	return one(s, s.recs, "recommendation", id)
}
func (s *fakeStore) ListRecommendations(_ context.Context, q api.Query) (api.Page[serving.RecommendationRecord], error) {
	return listOf(s, s.recs, q)
}

func (s *fakeStore) SaveLoadTest(_ context.Context, r serving.LoadTestRecord) error {
	return put(s, s.loadTests, r.ID, r)
}
func (s *fakeStore) LoadTest(_ context.Context, id string) (serving.LoadTestRecord, error) {
	return one(s, s.loadTests, "load test", id)
}
func (s *fakeStore) ListLoadTests(_ context.Context, q api.Query) (api.Page[serving.LoadTestRecord], error) {
	return listOf(s, s.loadTests, q)
}

func (s *fakeStore) SaveComparison(_ context.Context, r serving.ComparisonRecord) error {
	return put(s, s.compared, r.ID, r)
}
func (s *fakeStore) Comparison(_ context.Context, id string) (serving.ComparisonRecord, error) {
	return one(s, s.compared, "comparison", id)
}
func (s *fakeStore) ListComparisons(_ context.Context, q api.Query) (api.Page[serving.ComparisonRecord], error) {
	return listOf(s, s.compared, q)
}

func (s *fakeStore) SaveValidation(_ context.Context, r serving.ValidationRecord) error {
	return put(s, s.validated, r.ID, r)
}
func (s *fakeStore) ListValidations(_ context.Context, q api.Query) (api.Page[serving.ValidationRecord], error) {
	return listOf(s, s.validated, q)
}
func (s *fakeStore) SaveGoldenSet(_ context.Context, g serving.GoldenSet) error {
	return put(s, s.golden, g.ID, g)
}
func (s *fakeStore) GoldenSet(_ context.Context, id string) (serving.GoldenSet, error) {
	return one(s, s.golden, "golden set", id)
}

func (s *fakeStore) Insight(_ context.Context, id string) (serving.Insight, error) {
	return one(s, s.insights, "insight", id)
}
func (s *fakeStore) ListInsights(_ context.Context, q api.Query) (api.Page[serving.Insight], error) {
	return listOf(s, s.insights, q)
}
func (s *fakeStore) ExchangesSince(context.Context, time.Time) (map[serving.ExchangeStatus]serving.AdvisorUsage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls, s.fail
}

// writeInsight is what a worker does for a workflow of insights.
func (s *fakeStore) writeInsight(start api.Start) {
	if in, ok := start.Input.(workflows.InsightInput); ok {
		_ = put(s, s.insights, in.Question.Subject, serving.Insight{ID: in.Question.Subject, Fleet: start.Fleet, Status: serving.InsightAnswered,
			Summary: "Too few slots.", RequestedBy: in.RequestedBy})
	}
}

func (s *fakeStore) SaveAudit(_ context.Context, r serving.AuditRecord) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.audit = append(s.audit, r)
	return nil
}
func (s *fakeStore) ListAudit(context.Context, api.Query) (api.Page[serving.AuditRecord], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return api.Page[serving.AuditRecord]{Items: slices.Clone(s.audit)}, nil
}

// actions lists what was audited, as "action target".
func (s *fakeStore) actions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []string{}
	for _, a := range s.audit {
		out = append(out, strings.TrimSpace(a.Action+" "+a.Target))
	}
	return out
}

func (s *fakeStore) ClaimKey(_ context.Context, actor, key, hash string) (api.IdempotencyState, api.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, there := s.claims[actor+"/"+key]
	switch {
	case !there:
		s.claims[actor+"/"+key] = &claim{hash: hash}
		return api.KeyClaimed, api.Answer{}, nil
	case c.hash != hash:
		return api.KeyReused, api.Answer{}, nil
	case !c.done:
		return api.KeyRunning, api.Answer{}, nil
	}
	return api.KeyDone, c.answer, nil
}

func (s *fakeStore) FinishKey(_ context.Context, actor, key string, a api.Answer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.claims[actor+"/"+key]
	c.done, c.answer = true, a
	return nil
}

func (s *fakeStore) ReleaseKey(_ context.Context, actor, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.claims, actor+"/"+key)
	return nil
}
