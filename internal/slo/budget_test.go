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

// month is one bucket a day with the given events each.
func month(good, bad float64) []slo.Bucket {
	var out []slo.Bucket
	for at := 0.0; at < 30*day; at += day {
		out = append(out, slo.Bucket{StartUnix: at, Seconds: day, Good: good, Bad: bad})
	}
	return out
}

func TestBudget_CountsDown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		good, bad, want float64
		spent           bool
	}{{100, 0, 1, false}, {995, 5, 0.5, false}, {990, 10, 0, true}, {970, 30, -2, true}} {
		b := slo.Budget(month(c.good, c.bad), 0.01, 30*day, 30*day)
		require.InDelta(t, c.want, b.Remaining.Or(9), 1e-9)
		require.Equal(t, c.spent, b.Spent())
		require.InDelta(t, c.good/(c.good+c.bad), b.Compliance.Or(0), 1e-12)
		require.InDelta(t, 30*day, b.CoveredSeconds, 1e-6)
	}
}

func TestBudget_TenBadMinutesAtTheBeginning_AreNotAMonthsBudget(t *testing.T) {
	t.Parallel()
	b := slo.Budget([]slo.Bucket{{StartUnix: 0, Seconds: 600, Bad: 600}}, 0.05, 30*day, 600)
	require.InDelta(t, 1-20*600/(30*day), b.Remaining.Or(0), 1e-9, "burning 20 times too fast for 10 minutes of 30 days")
	require.InDelta(t, 0, b.Compliance.Or(9), 0)
}

func TestRecoversUnix_IsWhenEnoughBadEventsAreForgotten(t *testing.T) {
	t.Parallel()
	series := append(month(99, 1), slo.Bucket{StartUnix: 10 * day, Seconds: day, Bad: 30})
	now := 30 * day
	b := slo.Budget(series, 0.01, 30*day, now)
	require.True(t, b.Spent())
	at := slo.RecoversUnix(series, b, 30*day, now).Or(0)
	require.InDelta(t, 41*day, at, 1e-6, "when the bad day falls out")
	require.False(t, slo.RecoversUnix(month(99, 0), slo.Budget(month(99, 0), 0.01, 30*day, now), 30*day, now).IsKnown())
	none := slo.Budget(month(99, 1), 0, 30*day, now)
	require.True(t, none.Spent())
	require.False(t, slo.RecoversUnix(month(99, 1), none, 30*day, now).IsKnown(), "nothing is allowed, so it never recovers")
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

func TestObjectiveDefaults(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 0.05, slo.BudgetShare(ttft), 1e-12, "requests of a p95")
	require.InDelta(t, 0.001, slo.BudgetShare(serving.Objective{Metric: serving.MetricTTFT, Quantile: 0.95, Target: 0.999}), 1e-12, "minutes")
	require.InDelta(t, 0.02, slo.BudgetShare(serving.Objective{Metric: serving.MetricErrorRate, Threshold: 0.02}), 1e-12)
	require.Equal(t, 30*day, slo.PeriodSeconds(serving.Objective{}))
	require.Equal(t, 7*day, slo.PeriodSeconds(serving.Objective{WindowDays: 7}))
}
