package slo_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

var (
	ttft   = serving.Objective{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 1}
	itl    = serving.Objective{Name: "itl-p99", Metric: serving.MetricITL, Quantile: 0.99, Threshold: 0.05}
	e2e    = serving.Objective{Name: "e2e-p50", Metric: serving.MetricE2E, Quantile: 0.5, Threshold: 10}
	errors = serving.Objective{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01}
	uptime = serving.Objective{Name: "up", Metric: serving.MetricAvailability, Threshold: 0.99}
)

// requests is an arm of n requests with a TTFT of 0.1 s, of which the last ones
// take slow seconds. They end at 1000, 1001, ...
func requests(n, slow int, seconds float64) serving.ArmObservation {
	arm := serving.ArmObservation{Variant: serving.Canary, WindowSeconds: 15, Requests: n}
	for i := range n {
		s := serving.RequestSample{EndedUnix: 1000 + float64(i), TTFTSeconds: serving.Known(0.1), E2ESeconds: serving.Known(4)}
		if i >= n-slow {
			s.TTFTSeconds = serving.Known(seconds)
		}
		arm.Samples = append(arm.Samples, s)
	}
	return arm
}

func one(o serving.Objective, arm serving.ArmObservation, minSamples int) slo.Status {
	return slo.Evaluate([]serving.Objective{o}, arm, "chat", arm.Variant, minSamples)[0]
}

func TestEvaluate_Latency(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                   string
		arm                    serving.ArmObservation
		breached, hard, noData bool
	}{
		{"kept", requests(50, 0, 0), false, false, false},
		{"no requests", requests(0, 0, 0), false, false, true},
		{"too few", requests(19, 4, 1.5), false, false, true},
		{"beyond", requests(50, 12, 1.5), true, false, false},
		{"two slow of twenty are chance for a p95", requests(20, 2, 1.5), false, false, false},
		{"five of a hundred are what a p95 allows", requests(100, 5, 90), false, false, false},
		{"twice beyond needs no minimum", requests(6, 6, 2.5), true, true, false},
		{"twice beyond, but only two", requests(2, 2, 9), false, false, true},
		{"the first four all twice beyond", requests(4, 4, 9), true, true, false},
		{"one outlier of ten", requests(10, 1, 90), false, false, true},
		{"all beyond burns the budget twenty times too fast", requests(15, 15, 1.2), true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := one(ttft, c.arm, 20)
			require.Equal(t, c.breached, s.Breached)
			require.Equal(t, c.hard, s.Hard)
			require.Equal(t, c.noData, s.NoData)
			require.Equal(t, len(c.arm.Samples), s.Samples)
			require.Equal(t, len(c.arm.Samples) > 0, s.Observed.IsKnown())
			require.Equal(t, c.breached, s.BeganUnix.IsKnown())
			_, err := json.Marshal(s)
			require.NoError(t, err)
		})
	}
}

func TestEvaluate_Counts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                   string
		failed, requests       int
		breached, hard, noData bool
	}{
		{"none failed", 0, 50, false, false, false},
		{"one of fifty is chance", 1, 50, false, false, false},
		{"three of fifty", 3, 50, true, false, false},
		{"a quarter", 10, 40, true, true, false},
		{"all of five", 5, 5, true, true, false},
		{"few requests", 1, 5, false, false, true},
		{"no requests", 0, 0, false, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			arm := serving.ArmObservation{Variant: serving.Stable, Requests: c.requests, Failed: c.failed}
			for _, o := range []serving.Objective{errors, uptime} {
				s := one(o, arm, 20)
				require.Equal(t, c.breached, s.Breached, o.Name)
				require.Equal(t, c.hard, s.Hard, o.Name)
				require.Equal(t, c.noData, s.NoData, o.Name)
			}
		})
	}
}

func TestEvaluate_ObservesWhatTheObjectiveIsOn(t *testing.T) {
	t.Parallel()
	arm := requests(40, 10, 2)
	arm.Failed = 4
	require.InDelta(t, 0.1, one(errors, arm, 20).Observed.Or(-1), 1e-12)
	require.InDelta(t, 0.9, one(uptime, arm, 20).Observed.Or(-1), 1e-12)
	require.Equal(t, 4.0, one(e2e, arm, 20).Observed.Or(-1))
	require.True(t, one(itl, arm, 20).NoData, "answers of one token have no gap")
	require.False(t, one(itl, arm, 20).Observed.IsKnown())
}

// A healthy engine's p95 of a short window is beyond the objective now and then.
func TestEvaluate_HealthyEngine_RarelyBreaches(t *testing.T) {
	t.Parallel()
	state, alarms := uint64(1), 0
	const windows = 2000
	for range windows {
		slow := 0
		for range 30 {
			state = state*6364136223846793005 + 1442695040888963407
			if state>>33%1000 < 30 { // 3% slow, where 5% are allowed
				slow++
			}
		}
		if one(ttft, requests(30, slow, 1.2), 20).Breached {
			alarms++
		}
	}
	require.Less(t, alarms, windows*2/100)
}

func TestViolations_SayWhatWhereAndSinceWhen(t *testing.T) {
	t.Parallel()
	statuses := slo.Evaluate([]serving.Objective{ttft, e2e}, requests(50, 12, 1.5), "chat", serving.Canary, 20)
	got := slo.Violations(statuses, 1060, "watch")
	require.Len(t, got, 1)
	v := got[0]
	require.Equal(t, "chat|canary|ttft-p95", v.ID)
	require.Equal(t, "chat", v.Fleet)
	require.Equal(t, serving.Canary, v.Variant)
	require.Equal(t, "ttft-p95", v.SLO)
	require.Equal(t, 1.5, v.Observed)
	require.Equal(t, 1.0, v.Threshold)
	require.Equal(t, 50, v.Samples)
	require.Equal(t, "watch", v.Source)
	require.Equal(t, 1038.0, v.BeganUnix, "the first slow request of 12 at the end of 50")
	require.Equal(t, 1060.0, v.DetectedUnix)
	require.Equal(t, "p95 ttft of canary is 1.5 s, beyond chance above the objective of 1 s, over 50 requests", v.Reason)
}

func TestViolations_SameBreachHasTheSameID(t *testing.T) {
	t.Parallel()
	first := slo.Violations([]slo.Status{one(ttft, requests(50, 12, 1.5), 20)}, 1060, "watch")
	later := slo.Violations([]slo.Status{one(ttft, requests(80, 30, 2.5), 20)}, 1075, "stage")
	require.Equal(t, first[0].ID, later[0].ID)
	require.NotEqual(t, first[0].ID, slo.Fingerprint("chat", serving.Stable, "ttft-p95"))
}

func TestViolations_RatesSayWhichSide(t *testing.T) {
	t.Parallel()
	arm := serving.ArmObservation{Variant: serving.Stable, Requests: 40, Failed: 10}
	got := slo.Violations(slo.Evaluate([]serving.Objective{errors, uptime}, arm, "chat", serving.Stable, 20), 5, "watch")
	require.Len(t, got, 2)
	require.Equal(t, "error_rate of stable is 25%, plainly above the objective of 1%, over 40 requests", got[0].Reason)
	require.Equal(t, "availability of stable is 75%, plainly below the objective of 99%, over 40 requests", got[1].Reason)
	require.Zero(t, got[0].BeganUnix, "the router kept no samples")
}

func TestViolations_NoDataIsNone(t *testing.T) {
	t.Parallel()
	require.Empty(t, slo.Violations(slo.Evaluate([]serving.Objective{ttft, errors}, serving.ArmObservation{}, "chat", serving.Canary, 20), 5, "watch"))
}

func TestEvaluate_FailedRequestsBeginNoLatencyBreach(t *testing.T) {
	t.Parallel()
	arm := requests(50, 12, 1.5)
	arm.Samples[3].Failed, arm.Samples[3].TTFTSeconds = true, serving.Unknown()
	require.Equal(t, 1038.0, one(ttft, arm, 20).BeganUnix.Or(0))
	arm.Failed = 5
	require.Equal(t, 1003.0, one(errors, arm, 20).BeganUnix.Or(0))
}

func TestEvaluate_HangingRequests_AreABreachBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	arm := requests(3, 0, 0)
	arm.SinceUnix = 995
	for _, age := range []float64{13, 10, 8, 6, 5} {
		arm.Running = append(arm.Running, serving.RunningRequest{AgeSeconds: age, AwaitsToken: true})
	}
	s := one(ttft, arm, 20)
	require.True(t, s.Hard)
	require.Equal(t, 5, s.Running)
	require.Equal(t, 998.0, s.BeganUnix.Or(0), "the oldest arrived at 997 and passed 1 s then")
	v := slo.Violations([]slo.Status{s}, 1010, "watch")[0]
	require.Contains(t, v.Reason, "5 of which have not ended")
	require.False(t, one(errors, arm, 20).Breached, "that they will fail is not known")
}

func TestEvaluateFew_OneLookMustSayAsMuchAsTwo(t *testing.T) {
	t.Parallel()
	few := func(o serving.Objective, arm serving.ArmObservation) slo.Status {
		return slo.EvaluateFew([]serving.Objective{o}, arm, "chat", arm.Variant)[0]
	}
	for _, c := range []struct {
		name         string
		arm          serving.ArmObservation
		sure, noData bool
	}{
		{"three of fifteen slow are not enough", requests(15, 3, 1.5), false, false},
		{"five of fifteen are", requests(15, 5, 1.5), true, false},
		{"three of five are", requests(5, 3, 1.5), true, false},
		{"four in all are no data", requests(4, 2, 1.5), false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := few(ttft, c.arm)
			require.Equal(t, c.sure, s.Sure)
			require.Equal(t, c.sure, s.Breached)
			require.Equal(t, c.noData, s.NoData)
		})
	}
	failing := requests(15, 0, 0)
	failing.Failed = 2
	require.False(t, few(errors, failing).Sure, "two failures in half a minute happen to the healthy")
	failing.Failed = 3
	require.True(t, few(errors, failing).Sure)
}
