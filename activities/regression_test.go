package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// promotedAt is when the fleets of these tests were promoted.
var promotedAt = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

// levelBook has an hour of minutes after the promotion and one before now; ttft
// is in seconds, load in requests/s.
type levelBook struct {
	promotion  *serving.RolloutRecord
	ttft, load [2]float64
}

func (b levelBook) LastPromotion(context.Context, string) (serving.RolloutRecord, bool, error) {
	if b.promotion == nil {
		return serving.RolloutRecord{}, false, nil
	}
	return *b.promotion, true, nil
}

func (b levelBook) Rollups(_ context.Context, _ string, _ serving.Variant, _ series.Resolution, from, to time.Time, _ int) ([]series.Rollup, error) {
	side := 0
	if from.After(promotedAt) {
		side = 1
	}
	var out []series.Rollup
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		wobble := 1 + 0.02*float64(at.Minute()%7)
		ttft := b.ttft[side] * wobble
		out = append(out, series.Rollup{At: at, Requests: series.Total{Amount: 60 * b.load[side] * wobble, Seconds: 60},
			TTFT: &serving.Histogram{Bounds: []float64{ttft * 0.9, ttft, ttft * 1.1}, Counts: []float64{10, 95, 100}, Count: 100, Sum: 100 * ttft}})
	}
	return out, nil
}

func checkLevel(t *testing.T, b levelBook) activities.CheckRegressionResult {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(activities.NewRegressions(b))
	value, err := env.ExecuteActivity("CheckRegression", activities.CheckRegressionInput{Fleet: chat, WindowSeconds: 3600,
		NowUnix: float64(promotedAt.Add(24 * time.Hour).Unix())})
	require.NoError(t, err)
	var out activities.CheckRegressionResult
	require.NoError(t, value.Get(&out))
	return out
}

func accepted() *serving.RolloutRecord {
	return &serving.RolloutRecord{ID: "r", To: chat.Config, ClosedAt: &promotedAt}
}

func TestCheckRegression_SlowerAtTheSameLoad_IsMeasured(t *testing.T) {
	t.Parallel()
	out := checkLevel(t, levelBook{accepted(), [2]float64{0.2, 0.3}, [2]float64{5, 5}})
	require.True(t, out.Compared)
	require.Equal(t, "ttft_p95_seconds", out.Metric)
	require.InDelta(t, 0.5, out.Change, 0.1)
	require.Greater(t, out.AtLeast, 0.3)
	require.LessOrEqual(t, out.AtLeast, out.Change)
}

func TestCheckRegression_SameLevel_IsNone(t *testing.T) {
	t.Parallel()
	out := checkLevel(t, levelBook{accepted(), [2]float64{0.2, 0.2}, [2]float64{5, 5}})
	require.True(t, out.Compared)
	require.Less(t, out.AtLeast, 0.05)
}

func TestCheckRegression_MoreLoad_IsNoRegression(t *testing.T) {
	t.Parallel()
	out := checkLevel(t, levelBook{accepted(), [2]float64{0.2, 0.4}, [2]float64{5, 10}})
	require.False(t, out.Compared)
	require.Contains(t, out.Reason, "load")
}

func TestCheckRegression_NeverPromotedOrChangedSince_HasNoLevel(t *testing.T) {
	t.Parallel()
	other := accepted()
	other.To = serving.EngineConfig{Engine: serving.VLLM, Model: "other"}
	for _, promotion := range []*serving.RolloutRecord{nil, other} {
		out := checkLevel(t, levelBook{promotion, [2]float64{0.2, 0.4}, [2]float64{5, 5}})
		require.False(t, out.Compared)
		require.Contains(t, out.Reason, "no promotion")
	}
}
