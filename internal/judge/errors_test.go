package judge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// failing is an arm that knows only its counts.
func failing(v serving.Variant, failed, requests int) judge.Arm {
	return judge.Arm{Variant: v, Replicas: 1,
		Observation: serving.ArmObservation{Variant: v, WindowSeconds: 60, Requests: requests, Failed: failed}}
}

func judgeErrors(o []serving.Objective, canary judge.Arm, reference *judge.Arm) serving.Judgement {
	return judge.Judge(judge.DefaultConfig(), o, canary, reference)
}

func TestJudge_ErrorObjective(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		failed, requests int
		want             serving.Verdict
		hard             bool
	}{
		{"none", 0, 100, serving.VerdictPass, false},
		{"within", 1, 200, serving.VerdictPass, false},
		{"beyond, but one of 60 is noise", 1, 60, serving.VerdictInconclusive, false},
		{"beyond with confidence", 8, 150, serving.VerdictFail, false},
		{"plainly beyond", 15, 60, serving.VerdictFail, true},
		{"all of a handful", 5, 5, serving.VerdictFail, true},
		{"three of three are too few", 3, 3, serving.VerdictInsufficientData, false},
		{"no requests", 0, 0, serving.VerdictInsufficientData, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := judgeErrors([]serving.Objective{errorObjective}, failing(serving.Canary, c.failed, c.requests), nil)
			require.Equal(t, c.want, j.Verdict, j.Reason)
			require.Equal(t, c.hard, j.HardAbort, j.Reason)
		})
	}
}

func TestJudge_AvailabilityObjective_IsTheOtherSide(t *testing.T) {
	t.Parallel()
	availability := []serving.Objective{{Name: "up", Metric: serving.MetricAvailability, Threshold: 0.99}}
	j := judgeErrors(availability, failing(serving.Canary, 8, 150), nil)
	require.Equal(t, serving.VerdictFail, j.Verdict)
	check := checkOf(j, "slo", serving.MetricAvailability)
	require.InDelta(t, 142.0/150, check.Observed, 1e-12)
	require.Less(t, check.Low, check.Observed)
	require.Less(t, check.High, check.Limit)
	require.Equal(t, serving.VerdictPass, judgeErrors(availability, failing(serving.Canary, 0, 100), nil).Verdict)
}

// An engine that is gone must not wait for somebody to state an objective.
func TestJudge_EverythingFails_AbortsWithoutAnObjective(t *testing.T) {
	t.Parallel()
	healthy, broken := failing(serving.Baseline, 0, 40), failing(serving.Baseline, 38, 40)
	j := judgeErrors([]serving.Objective{ttftObjective}, failing(serving.Canary, 6, 6), &healthy)
	require.True(t, j.HardAbort)
	require.Contains(t, j.Reason, "6 of 6 requests failed (100%)")
	j = judgeErrors([]serving.Objective{ttftObjective}, failing(serving.Canary, 6, 6), &broken)
	require.False(t, j.HardAbort, "everything fails on both arms: not the canary's fault")
}

func TestJudge_ErrorRatesOfTheArms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                   string
		failed, requests       int
		refFailed, refRequests int
		want                   serving.Verdict
	}{
		{"none", 0, 100, 0, 100, serving.VerdictPass},
		{"fewer", 1, 200, 8, 200, serving.VerdictPass},
		{"one more is chance", 1, 60, 0, 60, serving.VerdictPass},
		{"a doubt", 3, 100, 0, 100, serving.VerdictInconclusive},
		{"a real rise", 12, 200, 1, 200, serving.VerdictFail},
		{"real, but less than a point", 60, 20000, 20, 20000, serving.VerdictPass},
		{"too few", 0, 49, 0, 100, serving.VerdictInsufficientData},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			reference := failing(serving.Baseline, c.refFailed, c.refRequests)
			j := judgeErrors(nil, failing(serving.Canary, c.failed, c.requests), &reference)
			require.Equal(t, c.want, checkOf(j, "two-proportion", serving.MetricErrorRate).Verdict, j.Reason)
			require.Equal(t, c.want, j.Verdict)
			require.False(t, j.HardAbort)
		})
	}
}

func TestJudge_ErrorsOfTheWholeFleet_DoNotFailTheCanary(t *testing.T) {
	t.Parallel()
	reference := failing(serving.Baseline, 20, 200)
	j := judgeErrors([]serving.Objective{errorObjective}, failing(serving.Canary, 20, 200), &reference)
	require.Equal(t, serving.VerdictPass, j.Verdict, j.Reason)
	require.Contains(t, checkOf(j, "slo", serving.MetricErrorRate).Text, "baseline breaks it too")
	j = judgeErrors([]serving.Objective{errorObjective}, failing(serving.Canary, 60, 200), &reference)
	require.True(t, j.HardAbort)
}

func TestJudge_FailedRequests_HaveNoLatency(t *testing.T) {
	t.Parallel()
	canary := arm(random(1), serving.Canary, traffic{n: 60, slower: 1, failed: 15})
	j := judge.Judge(judge.DefaultConfig(), []serving.Objective{ttftObjective}, canary, nil)
	require.Equal(t, 45, j.Canary.TTFT.Count)
	require.Equal(t, 15, j.Canary.Failed)
	require.True(t, j.HardAbort, "a quarter of the requests fails")
}
