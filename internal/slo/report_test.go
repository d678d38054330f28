package slo_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// tallied is a series as what was counted of an objective on a variant.
func tallied(o serving.Objective, v serving.Variant, series []slo.Bucket) []slo.Tally {
	var out []slo.Tally
	for _, b := range series {
		b.Seconds = 60
		out = append(out, slo.Tally{Variant: v, Indicator: slo.Indicator(o), Bucket: b})
	}
	return out
}

func TestReportOf_HasEveryWindowOfTheAlertsAndThePeriod(t *testing.T) {
	t.Parallel()
	now := 40 * day
	r := slo.ReportOf(ttft, serving.Stable, tallied(ttft, serving.Stable, steady(now, 4*day, 60, 0.1)), now)
	var windows []float64
	for _, b := range r.Burns {
		windows = append(windows, b.WindowSeconds)
		require.InDelta(t, 2, b.Burn.Or(0), 1e-9, "10% are bad and 5% may be")
	}
	require.Equal(t, []float64{300, 1800, hour, 2 * hour, 6 * hour, day, 3 * day, 30 * day}, windows)
	require.Equal(t, "requests", r.Counts)
	require.InDelta(t, 1-2*4/30.0, r.Budget.Remaining.Or(0), 1e-3, "4 of 30 days at twice the pace")
	require.InDelta(t, r.Budget.Remaining.Or(0)*15*day, r.ExhaustedInSeconds.Or(0), 1, "what is left lasts half as long")
}

func TestReportOf_NoTraffic_SaysSoEverywhere(t *testing.T) {
	t.Parallel()
	r := slo.ReportOf(ttft, serving.Stable, nil, 100)
	require.True(t, r.Budget.NoData)
	for _, b := range r.Burns {
		require.False(t, b.Burn.IsKnown())
	}
	for _, a := range r.Alerts {
		require.False(t, a.Firing)
	}
	require.False(t, r.ExhaustedInSeconds.IsKnown())
	_, err := json.Marshal(r)
	require.NoError(t, err)
}

func TestReportOf_ASpentBudget_SaysWhenItRecovers(t *testing.T) {
	t.Parallel()
	o := ttft
	o.WindowDays = 1
	now := 10 * day
	r := slo.ReportOf(o, serving.Stable, tallied(o, serving.Stable, steady(now, day, 10, 0.06)), now)
	require.True(t, r.Budget.Spent())
	require.False(t, r.ExhaustedInSeconds.IsKnown())
	require.Greater(t, r.RecoversUnix.Or(0), now)
}

func TestBurnViolations_OneForEachSeverity_WithAStableFingerprint(t *testing.T) {
	t.Parallel()
	now := 40 * day
	report := func(bad float64) []slo.Report {
		return []slo.Report{slo.ReportOf(ttft, serving.Stable, tallied(ttft, serving.Stable, steady(now, 4*day, 60, bad)), now)}
	}
	require.Empty(t, slo.BurnViolations(report(0.04), "chat", now))
	slow := slo.BurnViolations(report(0.2), "chat", now)
	require.Len(t, slow, 1, "4 times too fast is a ticket")
	require.Equal(t, serving.AlertTicket, slow[0].Severity)
	require.Equal(t, "chat|stable|ttft-p95|burn-ticket", slow[0].ID)
	fast := slo.BurnViolations(report(0.8), "chat", now)
	require.Len(t, fast, 2)
	require.Equal(t, "chat|stable|ttft-p95|burn-page", fast[0].ID)
	require.InDelta(t, 16, fast[0].Observed, 1e-9)
	require.InDelta(t, 14.4, fast[0].Threshold, 1e-9)
	require.Contains(t, fast[0].Reason, "16 times too fast over 1 h")
	require.Contains(t, fast[0].Reason, "of the budget of 30 d is left")
}

func TestCanaryReportOf_ShortPairs_FireWithinMinutesAndNeverOnAFewRequests(t *testing.T) {
	t.Parallel()
	now := 6000.0
	firing := func(perMinute float64) (names []string) {
		r := slo.CanaryReportOf(ttft, serving.Canary, tallied(ttft, serving.Canary, steady(now, 300, perMinute, 0.9)), now)
		for _, a := range r.Alerts {
			if a.Firing {
				names = append(names, a.Pair.Name)
			}
		}
		return names
	}
	require.Equal(t, []string{"canary-fast", "canary-slow"}, firing(30))
	require.Empty(t, firing(2), "ten requests in five minutes")
	byTime := ttft
	byTime.Target = 0.999
	r := slo.CanaryReportOf(byTime, serving.Canary, tallied(ttft, serving.Canary, steady(now, 300, 30, 0.9)), now)
	require.True(t, r.Alerts[0].Firing, "a canary is judged by requests whatever the budget is made of")
	found := slo.BurnViolations([]slo.Report{r}, "chat", now)
	require.Len(t, found, 1)
	require.Equal(t, serving.Canary, found[0].Variant)
}
