package activities_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

var errAway = errors.New("database unavailable")

// restarting is an archive whose next calls fail, each kind so many times.
type restarting struct {
	archive
	saves, reads, sets int
}

func (r *restarting) SaveAnswers(ctx context.Context, a serving.AnswerRecord) error {
	if r.saves--; r.saves >= 0 {
		return errAway
	}
	return r.archive.SaveAnswers(ctx, a)
}

func (r *restarting) Answers(ctx context.Context, key string) (serving.AnswerRecord, error) {
	if r.reads--; r.reads >= 0 {
		return serving.AnswerRecord{}, errAway
	}
	return r.archive.Answers(ctx, key)
}

func (r *restarting) GoldenSet(ctx context.Context, id string) (serving.GoldenSet, error) {
	if r.sets--; r.sets >= 0 {
		return serving.GoldenSet{}, errAway
	}
	return r.archive.GoldenSet(ctx, id)
}

func TestAnswers_StoreRestarts_EnginesAreNotAskedAgain(t *testing.T) {
	t.Parallel()
	s := newSchool("forty two")
	s.sets["g"] = setOf(30, "forty two")
	away := &restarting{archive: archive{s}, saves: 2, reads: 1, sets: 1}
	a, policy := activities.NewQuality(s, away), serving.QualityPolicy{GoldenSet: "g"}
	require.NoError(t, run(t, a, "CollectAnswers", activities.CollectAnswersInput{Key: "r", Fleet: "chat", Policy: policy}, nil))
	require.Len(t, s.asked, 1)
	away.saves = 1
	var out activities.CompareAnswersResult
	require.NoError(t, run(t, a, "CompareAnswers", activities.CompareAnswersInput{Reference: "r", Key: "c", Fleet: "chat", Policy: policy}, &out))
	require.Len(t, s.asked, 2)
	require.Contains(t, s.kept, "r")
	require.Contains(t, s.kept, "c")
}

// forgetful is a ledger of notices that is away.
type forgetful struct{ *people }

func (forgetful) NoticeSent(context.Context, string, string) (bool, error) { return false, errAway }
func (forgetful) SaveNotice(context.Context, string, string, time.Time) error {
	return errAway
}

func TestNotify_LedgerAway_TellsAllTheSameAndOnce(t *testing.T) {
	t.Parallel()
	p := &people{}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(activities.NewNotices(p, forgetful{p}))
	_, err := env.ExecuteActivity("Notify", activities.NotifyInput{Notice: serving.Notice{Key: "k", Fleet: "chat"}})
	require.NoError(t, err, "a retry would tell everybody again")
	require.Equal(t, []string{"ann k", "bob k"}, p.told)
}

// fullDisk keeps no snapshot.
type fullDisk struct{ err error }

func (f fullDisk) SaveSnapshot(context.Context, string, serving.Variant, serving.Snapshot) error {
	return f.err
}

func TestScrapeFleet_StoreAway_IsMeasuredAllTheSame(t *testing.T) {
	t.Parallel()
	p := &production{variants: []serving.VariantStatus{{Variant: serving.Stable, Endpoints: []string{"http://a"}}}}
	in := activities.ScrapeFleetInput{Fleet: chat, Variant: serving.Stable, WindowSeconds: 0.01}
	var out activities.ScrapeFleetResult
	require.NoError(t, run(t, activities.NewMetrics(p, p, fullDisk{errAway}), "ScrapeFleet", in, &out))
	require.Equal(t, chat.Name, out.Snapshot.Fleet)
	refused := fullDisk{fmt.Errorf("no fleet: %w", serving.ErrPermanent)}
	require.Error(t, run(t, activities.NewMetrics(p, p, refused), "ScrapeFleet", in, nil), "what can never be stored is a defect, not an outage")
}

// hanging is a book whose database takes calls and never answers.
type hanging struct{ book }

func (h *hanging) SLOCountedUntil(ctx context.Context, _ string) (time.Time, error) {
	<-ctx.Done()
	return time.Time{}, ctx.Err()
}

func (h *hanging) SLOTallies(ctx context.Context, _ string, _ time.Time) ([]slo.Tally, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestWatchFleet_StoreHangs_StillSeesTheBreach(t *testing.T) {
	t.Parallel()
	p := &production{open: true, looks: []look{
		{canarySplit, []serving.ArmObservation{arm(serving.Canary, 20, 0.1), arm(serving.Stable, 50, 0.2)}},
		{canarySplit, []serving.ArmObservation{arm(serving.Canary, 20, 5), arm(serving.Stable, 50, 0.2)}}}}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(activities.NewWatch(p, p, activities.NewMetrics(p, p, p), &hanging{}))
	in := counting()
	in.CountSeconds, in.MaxSeconds = 3600, 60
	value, err := env.ExecuteActivity("WatchFleet", in)
	require.NoError(t, err)
	var out activities.WatchFleetResult
	require.NoError(t, value.Get(&out))
	require.Len(t, out.Opened, 1)
	require.Equal(t, serving.Canary, out.Opened[0].Variant)
}
