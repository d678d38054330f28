package slo_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

const (
	day  = 86400.0
	hour = 3600.0
)

// steady is a series of one bucket a minute, up to now, with a share of bad
// events.
func steady(now, seconds, perMinute, badShare float64) []slo.Bucket {
	var out []slo.Bucket
	for at := now - seconds + 60; at <= now; at += 60 {
		out = append(out, slo.Bucket{StartUnix: at, Good: perMinute * (1 - badShare), Bad: perMinute * badShare})
	}
	return out
}

func TestBudget_NoTraffic_IsNoDataAndNotSpent(t *testing.T) {
	t.Parallel()
	for _, series := range [][]slo.Bucket{nil, {{StartUnix: 5}}, {{StartUnix: -40 * day, Bad: 9}}} {
		b := slo.Budget(series, 0.01, 30*day, 100)
		require.True(t, b.NoData)
		require.False(t, b.Remaining.IsKnown(), "neither 100% nor NaN")
		require.False(t, b.Spent())
		_, err := json.Marshal(b)
		require.NoError(t, err)
	}
}

func TestBudget_CountsDown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		good, bad, want float64
		spent           bool
	}{{100, 0, 1, false}, {995, 5, 0.5, false}, {990, 10, 0, true}, {970, 30, -2, true}} {
		b := slo.Budget([]slo.Bucket{{StartUnix: 50, Good: c.good, Bad: c.bad}}, 0.01, 30*day, 100)
		require.InDelta(t, c.want, b.Remaining.Or(9), 1e-9)
		require.Equal(t, c.spent, b.Spent())
	}
}

func TestBudget_OfNothing_IsSpentByTheFirstBadEvent(t *testing.T) {
	t.Parallel()
	require.False(t, slo.Budget([]slo.Bucket{{Good: 10}}, 0, day, 1).Spent())
	require.True(t, slo.Budget([]slo.Bucket{{Good: 10, Bad: 1}}, 0, day, 1).Spent())
}

func TestBudget_ForgetsWhatIsOlderThanThePeriod(t *testing.T) {
	t.Parallel()
	series := []slo.Bucket{{StartUnix: 0, Bad: 1000}, {StartUnix: 31 * day, Good: 1000}}
	require.Equal(t, 1.0, slo.Budget(series, 0.01, 30*day, 31*day).Remaining.Or(0))
}

func TestRequests_CountsAgainstTheThreshold(t *testing.T) {
	t.Parallel()
	arm := requests(10, 3, 2)
	arm.Samples[0].Failed, arm.Samples[0].TTFTSeconds = true, serving.Unknown()
	require.Equal(t, slo.Bucket{StartUnix: 7, Good: 6, Bad: 4}, slo.Requests(ttft, 7, arm.Samples))
	require.Equal(t, slo.Bucket{StartUnix: 7, Good: 9, Bad: 1}, slo.Requests(errors, 7, arm.Samples))
	require.Equal(t, slo.Bucket{StartUnix: 7, Good: 9, Bad: 1}, slo.Requests(e2e, 7, arm.Samples))
	require.Equal(t, slo.Bucket{StartUnix: 7, Bad: 1}, slo.Requests(itl, 7, arm.Samples), "no gaps were measured")
}

func TestSlice_AWindowWithoutDataIsNoEvent(t *testing.T) {
	t.Parallel()
	require.Equal(t, slo.Bucket{StartUnix: 3}, slo.Slice(one(ttft, requests(0, 0, 0), 20), 3))
	require.Equal(t, slo.Bucket{StartUnix: 3, Good: 1}, slo.Slice(one(ttft, requests(50, 0, 0), 20), 3))
	require.Equal(t, slo.Bucket{StartUnix: 3, Bad: 1}, slo.Slice(one(ttft, requests(50, 20, 3), 20), 3))
}

func TestObjectiveDefaults(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 0.001, slo.SliceBudget(serving.Objective{}), 1e-12)
	require.InDelta(t, 0.05, slo.SliceBudget(serving.Objective{Target: 0.95}), 1e-12)
	require.Equal(t, 30*day, slo.PeriodSeconds(serving.Objective{}))
	require.Equal(t, 7*day, slo.PeriodSeconds(serving.Objective{WindowDays: 7}))
}
