package activities_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var canarySplit = serving.Weights{Revision: 3, Shares: []serving.Share{{Variant: serving.Stable, Percent: 75}, {Variant: serving.Canary, Percent: 25}}}

func watchInput() activities.WatchFleetInput {
	return activities.WatchFleetInput{Fleet: chat, TickSeconds: 0.005, WindowSeconds: 15, MaxSeconds: 0.2, MinSamples: 10}
}

func runWatch(t *testing.T, p *production, in activities.WatchFleetInput) (activities.WatchFleetResult, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(activities.NewWatch(p, p, activities.NewMetrics(p, p, p), &p.book))
	value, err := env.ExecuteActivity("WatchFleet", in)
	if err != nil {
		return activities.WatchFleetResult{}, err
	}
	var out activities.WatchFleetResult
	require.NoError(t, value.Get(&out))
	return out, nil
}

func TestWatchFleet_Calm_ReturnsAfterItsTimeWithoutAChange(t *testing.T) {
	t.Parallel()
	out, err := runWatch(t, &production{looks: []look{{serving.AllStable(1), []serving.ArmObservation{arm(serving.Stable, 50, 0.2)}}}}, watchInput())
	require.NoError(t, err)
	require.Empty(t, out.Opened)
	require.Empty(t, out.Resolved)
	require.Nil(t, out.Drift)
	require.Greater(t, out.Ticks, 1)
}

func TestWatchFleet_PlainBreach_IsReportedOnTheFirstLook(t *testing.T) {
	t.Parallel()
	p := &production{open: true, looks: []look{{canarySplit, []serving.ArmObservation{arm(serving.Canary, 20, 5), arm(serving.Stable, 50, 0.2)}}}}
	out, err := runWatch(t, p, watchInput())
	require.NoError(t, err)
	require.Len(t, out.Opened, 1)
	require.Equal(t, serving.Canary, out.Opened[0].Variant)
	require.Equal(t, "ttft-p95", out.Opened[0].SLO)
	require.Equal(t, "watch", out.Opened[0].Source)
	require.Equal(t, 1, out.Ticks)
	require.NotZero(t, out.Opened[0].DetectedUnix)
}

func TestWatchFleet_SlightBreach_NeedsASecondLook(t *testing.T) {
	t.Parallel()
	slight := []serving.ArmObservation{arm(serving.Stable, 50, 0.2)}
	for i := range 12 { // a quarter is too slow: beyond chance, but no disaster
		slight[0].Samples[i].TTFTSeconds = serving.Known(1.2)
	}
	flapping := &production{looks: []look{{serving.AllStable(1), slight}, {serving.AllStable(1), []serving.ArmObservation{arm(serving.Stable, 50, 0.2)}}}}
	out, err := runWatch(t, flapping, watchInput())
	require.NoError(t, err)
	require.Empty(t, out.Opened, "one noisy look was reported")
	lasting := &production{looks: []look{{serving.AllStable(1), slight}}}
	out, err = runWatch(t, lasting, watchInput())
	require.NoError(t, err)
	require.Len(t, out.Opened, 1)
	require.Equal(t, 2, out.Ticks)
}

func TestWatchFleet_KnownViolation_IsNotReportedAgainAndEndsWhenCalm(t *testing.T) {
	t.Parallel()
	bad := []serving.ArmObservation{arm(serving.Stable, 50, 5)}
	p := &production{looks: []look{{serving.AllStable(1), bad}}}
	first, err := runWatch(t, p, watchInput())
	require.NoError(t, err)
	in := watchInput()
	in.Open = first.Opened
	again, err := runWatch(t, &production{looks: []look{{serving.AllStable(1), bad}}}, in)
	require.NoError(t, err)
	require.Empty(t, again.Opened)
	require.Empty(t, again.Resolved)
	calm := &production{looks: []look{{serving.AllStable(1), bad}, {serving.AllStable(1), []serving.ArmObservation{arm(serving.Stable, 50, 0.2)}}}}
	over, err := runWatch(t, calm, in)
	require.NoError(t, err)
	require.Len(t, over.Resolved, 1)
	require.Equal(t, first.Opened[0].ID, over.Resolved[0].ID)
}

func TestWatchFleet_NoTraffic_IsNoData_NeitherBreachNorRecovery(t *testing.T) {
	t.Parallel()
	in := watchInput()
	in.Open = []serving.Violation{{ID: "chat|stable|ttft-p95", Variant: serving.Stable, SLO: "ttft-p95"}}
	out, err := runWatch(t, &production{looks: []look{{serving.AllStable(1), []serving.ArmObservation{arm(serving.Stable, 0, 0)}}}}, in)
	require.NoError(t, err)
	require.Empty(t, out.Opened)
	require.Empty(t, out.Resolved)
}

func TestWatchFleet_VariantWithoutTraffic_EndsItsViolation(t *testing.T) {
	t.Parallel()
	in := watchInput()
	in.Open = []serving.Violation{{ID: "x", Variant: serving.Canary, SLO: "ttft-p95"}}
	out, err := runWatch(t, &production{}, in)
	require.NoError(t, err)
	require.Len(t, out.Resolved, 1)
}

func TestWatchFleet_MovedWeights_AreDriftOnlyWhenNoRolloutOwnsThem(t *testing.T) {
	t.Parallel()
	owned := &production{open: true, looks: []look{{canarySplit, nil}}}
	out, err := runWatch(t, owned, watchInput())
	require.NoError(t, err)
	require.Nil(t, out.Drift)
	out, err = runWatch(t, &production{looks: []look{{canarySplit, nil}}}, watchInput())
	require.NoError(t, err)
	require.NotNil(t, out.Drift)
	require.Equal(t, int64(3), out.Drift.Weights.Revision)
	require.Equal(t, 3, out.Ticks, "a rollout that is just ending was taken for drift")
}

func TestWatchFleet_RouterAway_FailsSoThatTheMonitorCanSay(t *testing.T) {
	t.Parallel()
	_, err := runWatch(t, &production{err: errors.New("connection refused")}, watchInput())
	require.ErrorContains(t, err, "connection refused")
}

func TestWatchFleet_TakesSnapshotsOnTheWay(t *testing.T) {
	t.Parallel()
	p := &production{variants: []serving.VariantStatus{{Variant: serving.Stable, Endpoints: []string{"http://a", "http://b"}}}}
	in := watchInput()
	in.SnapshotSeconds = 0.02
	_, err := runWatch(t, p, in)
	require.NoError(t, err)
	require.NotEmpty(t, p.saved)
	require.Equal(t, 2, p.saved[0].Replicas)
}

func TestWatchFleet_CanaryOfLittleTraffic_IsJudgedOverALongerWindow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		seen, slow     int
		opened, longer bool
	}{{8, 4, true, true}, {8, 1, false, true}, {12, 1, false, false}, {1, 1, false, true}} {
		few := arm(serving.Canary, c.seen, 0.2)
		for i := range c.slow {
			few.Samples[i].TTFTSeconds = serving.Known(1.5)
		}
		p := &production{open: true, looks: []look{{canarySplit, []serving.ArmObservation{few, arm(serving.Stable, 50, 0.2)}}}}
		out, err := runWatch(t, p, watchInput())
		require.NoError(t, err)
		require.Equal(t, c.opened, len(out.Opened) == 1, "%+v", c)
		if c.longer {
			require.InDelta(t, 30, p.observed[1][1]-p.observed[1][0], 1e-6)
		}
	}
}
