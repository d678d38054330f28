package api

import (
	"context"
	"errors"
	"time"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// What an adapter's error means to a caller. Deps.Classify translates.
var (
	ErrNotFound  = errors.New("not found")
	ErrExists    = errors.New("exists already")
	ErrStale     = errors.New("changed since it was read")
	ErrConflict  = errors.New("clashes with what is stored")
	ErrBadCursor = errors.New("cursor is not one that this list gave out")
	ErrDown      = errors.New("the store does not answer")
)

// Query narrows and pages a list; zero fields do not narrow. Cursor is the Next of
// an earlier page of the same query.
type Query struct {
	Fleet string
	// Within are the fleets that the caller may see; nil is all.
	Within   []string
	Variant  string
	Outcome  string
	Status   string
	Severity string
	Actor    string
	Action   string
	Target   string
	Open     *bool
	From     time.Time
	To       time.Time
	Limit    int
	Cursor   string
	// Sort is a field by which the list may be ordered, with - before it backwards;
	// "" is the newest first.
	Sort string
}

// Page is one page of a list; Next is "" on the last one.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next_cursor,omitempty"`

	only []string // the fields of items that are wanted; nil is all
}

// Fleets keeps fleet records. Update and delete take the generation that the
// caller saw and fail with ErrStale when the record has another one; generation 0
// matches any. Update returns the record with its new generation.
type Fleets interface {
	CreateFleet(ctx context.Context, f serving.Fleet) (serving.Fleet, error)
	Fleet(ctx context.Context, name string) (serving.Fleet, error)
	ListFleets(ctx context.Context, q Query) (Page[serving.Fleet], error)
	UpdateFleet(ctx context.Context, f serving.Fleet, generation int64) (serving.Fleet, error)
	DeleteFleet(ctx context.Context, name string, generation int64) error
}

// Runs keeps the projection of optimizations. Saving twice has the effect of
// saving once.
type Runs interface {
	SaveRun(ctx context.Context, r serving.RunRecord) error
	Run(ctx context.Context, id string) (serving.RunRecord, error)
	ListRuns(ctx context.Context, q Query) (Page[serving.RunRecord], error)
	Trials(ctx context.Context, runID string) ([]serving.TrialRecord, error)
}

// Events is the story of a run: those after the sequence number, in order.
type Events interface {
	Events(ctx context.Context, runID string, after int64, limit int) ([]serving.EventRecord, error)
}

// Rollouts keeps the projection of rollouts.
type Rollouts interface {
	SaveRollout(ctx context.Context, r serving.RolloutRecord) error
	Rollout(ctx context.Context, id string) (serving.RolloutRecord, error)
	ListRollouts(ctx context.Context, q Query) (Page[serving.RolloutRecord], error)
	Stages(ctx context.Context, rolloutID string) ([]serving.StageRecord, error)
}

// Violations keeps breaches of objectives. Acknowledging or closing
// twice keeps the first.
type Violations interface {
	Violation(ctx context.Context, id string) (serving.ViolationRecord, error)
	ListViolations(ctx context.Context, q Query) (Page[serving.ViolationRecord], error)
	AcknowledgeViolation(ctx context.Context, id, by, note string, at time.Time) (serving.ViolationRecord, error)
	SaveViolation(ctx context.Context, v serving.ViolationRecord) error
	ResolveViolation(ctx context.Context, id string, at time.Time) error
	CloseViolation(ctx context.Context, id, by, note string, at time.Time) (serving.ViolationRecord, error)
}

// SLOBook reads what was counted of a fleet's objectives since a time.
type SLOBook interface {
	SLOTallies(ctx context.Context, fleet string, since time.Time) ([]slo.Tally, error)
}

// Snapshots keeps measurements; the store gives a saved one its ID. Latest is of
// the stable variant and fails with ErrNotFound when nothing was measured yet.
type Snapshots interface {
	SaveSnapshot(ctx context.Context, r serving.SnapshotRecord) (serving.SnapshotRecord, error)
	LatestSnapshot(ctx context.Context, fleet string) (serving.SnapshotRecord, error)
	ListSnapshots(ctx context.Context, q Query) (Page[serving.SnapshotRecord], error)
}

// History reads measurements merged over time, in the order of time and at most
// limit of them, the earliest first. KeptSince is when a resolution begins to be
// complete; what is older may have been removed.
type History interface {
	Rollups(ctx context.Context, fleet string, variant serving.Variant, res series.Resolution, from, to time.Time, limit int) ([]series.Rollup, error)
	KeptSince(ctx context.Context, res series.Resolution) (time.Time, error)
}

// Analyses keeps diagnoses.
type Analyses interface {
	SaveAnalysis(ctx context.Context, r serving.AnalysisRecord) error
	Analysis(ctx context.Context, id string) (serving.AnalysisRecord, error)
	ListAnalyses(ctx context.Context, q Query) (Page[serving.AnalysisRecord], error)
}

// Recommendations keeps recommendations for decision. The same decision again
// keeps the first; another one is ErrConflict.
type Recommendations interface {
	SaveRecommendations(ctx context.Context, list []serving.RecommendationRecord) error
	DecideRecommendation(ctx context.Context, id, status, by string, at time.Time) (serving.RecommendationRecord, error)
	Recommendation(ctx context.Context, id string) (serving.RecommendationRecord, error)
	ListRecommendations(ctx context.Context, q Query) (Page[serving.RecommendationRecord], error)
}

// LoadTests keeps load tests that were started on their own.
type LoadTests interface {
	SaveLoadTest(ctx context.Context, r serving.LoadTestRecord) error
	LoadTest(ctx context.Context, id string) (serving.LoadTestRecord, error)
	ListLoadTests(ctx context.Context, q Query) (Page[serving.LoadTestRecord], error)
}

// Comparisons keeps comparisons of measurements.
type Comparisons interface {
	SaveComparison(ctx context.Context, c serving.ComparisonRecord) error
	Comparison(ctx context.Context, id string) (serving.ComparisonRecord, error)
	ListComparisons(ctx context.Context, q Query) (Page[serving.ComparisonRecord], error)
}

// Validations keeps quality checks that were started on their own, and the sets
// of prompts they and fleets refer to. A set never changes.
type Validations interface {
	SaveValidation(ctx context.Context, r serving.ValidationRecord) error
	ListValidations(ctx context.Context, q Query) (Page[serving.ValidationRecord], error)
	SaveGoldenSet(ctx context.Context, g serving.GoldenSet) error
	GoldenSet(ctx context.Context, id string) (serving.GoldenSet, error)
}

// Insights reads what language models, or rules alone, made of fleets, and what
// calls to language models took since a time, by how they ended.
type Insights interface {
	Insight(ctx context.Context, id string) (serving.Insight, error)
	ListInsights(ctx context.Context, q Query) (Page[serving.Insight], error)
	ExchangesSince(ctx context.Context, since time.Time) (map[serving.ExchangeStatus]serving.AdvisorUsage, error)
}

// Schedules keeps schedules, with the conditions on generations that Fleets has, and
// what became of the times at which they were due. A name that the fleet has already
// is ErrExists.
type Schedules interface {
	CreateSchedule(ctx context.Context, c serving.Schedule) (serving.Schedule, error)
	Schedule(ctx context.Context, id string) (serving.Schedule, error)
	ListSchedules(ctx context.Context, q Query) (Page[serving.Schedule], error)
	UpdateSchedule(ctx context.Context, c serving.Schedule, generation int64) (serving.Schedule, error)
	DeleteSchedule(ctx context.Context, id string, generation int64) error
	Occurrences(ctx context.Context, scheduleID string, limit int) ([]serving.Occurrence, error)
}

// AuditLog keeps who asked for which change.
type AuditLog interface {
	SaveAudit(ctx context.Context, r serving.AuditRecord) error
	ListAudit(ctx context.Context, q Query) (Page[serving.AuditRecord], error)
}

// Keys keeps keys by their hashes, and who they belong to.
type Keys interface {
	CreateAPIKey(ctx context.Context, k serving.APIKey, hash string) error
	ListAPIKeys(ctx context.Context, q Query) (Page[serving.APIKey], error)
	RevokeAPIKey(ctx context.Context, id, by string, at time.Time) (serving.APIKey, error)
}

// Store is everything the API keeps, as one adapter gives it.
type Store interface {
	Fleets
	Runs
	Events
	Rollouts
	Violations
	SLOBook
	Snapshots
	History
	Analyses
	Recommendations
	LoadTests
	Comparisons
	Validations
	Insights
	Schedules
	AuditLog
	Idempotency
	Keys
}
