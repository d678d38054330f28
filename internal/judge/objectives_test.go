package judge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// slowShare is an arm of which a number of requests take a given time to the
// first token and the others 0.1 s, spread evenly over time.
func slowShare(v serving.Variant, n, slow int, ttft float64) judge.Arm {
	a := constant(v, n, 0.1)
	for i := range slow {
		a.Observation.Samples[i*n/slow].TTFTSeconds = serving.Known(ttft)
	}
	return a
}

func judgeTTFT(canary judge.Arm, reference *judge.Arm) serving.Judgement {
	return judge.Judge(judge.DefaultConfig(), []serving.Objective{ttftObjective}, canary, reference)
}

func TestJudge_BrokenObjective_FailsOnItsOwn(t *testing.T) {
	t.Parallel()
	canary, baseline := slowShare(serving.Canary, 100, 30, 1.5), constant(serving.Baseline, 100, 0.1)
	for _, reference := range []*judge.Arm{nil, &baseline} {
		j := judgeTTFT(canary, reference)
		require.Equal(t, serving.VerdictFail, j.Verdict)
		require.False(t, j.HardAbort, "1.5 s is not twice the objective, and 30% burns 6 times too fast")
		check := checkOf(j, "slo", serving.MetricTTFT)
		require.Equal(t, 1.5, check.Observed)
		require.Greater(t, check.Low, check.Limit)
		require.Contains(t, j.Reason, "ttft-p95: p95 TTFT 1.5 s")
	}
}

func TestJudge_BreachWithinNoise_IsInconclusive(t *testing.T) {
	t.Parallel()
	j := judgeTTFT(slowShare(serving.Canary, 100, 7, 1.5), nil)
	require.Equal(t, serving.VerdictInconclusive, j.Verdict, "7 of 100 beyond a p95 is chance")
	require.Contains(t, j.Reason, "within the noise")
}

// The fleet was in breach before the canary came: going back would not help.
func TestJudge_BreachOnBothArms_FailsOnlyAWorseCanary(t *testing.T) {
	t.Parallel()
	baseline := slowShare(serving.Baseline, 200, 60, 3)
	better, equal, worse := slowShare(serving.Canary, 200, 60, 2), slowShare(serving.Canary, 200, 60, 3), slowShare(serving.Canary, 200, 60, 6)

	for _, canary := range []judge.Arm{better, equal} {
		j := judgeTTFT(canary, &baseline)
		require.Equal(t, serving.VerdictPass, j.Verdict, j.Reason)
		require.False(t, j.HardAbort)
		require.Contains(t, checkOf(j, "slo", serving.MetricTTFT).Text, "baseline breaks it too with 3 s, and the canary is not worse")
	}
	j := judgeTTFT(worse, &baseline)
	require.Equal(t, serving.VerdictFail, j.Verdict)
	require.True(t, j.HardAbort, "6 s is worse than the fleet's own breach, and beyond twice the objective")
}

func TestJudge_SlightlyWorseThanABrokenFleet(t *testing.T) {
	t.Parallel()
	baseline := slowShare(serving.Baseline, 300, 90, 1.5)
	j := judgeTTFT(slowShare(serving.Canary, 300, 90, 1.9), &baseline)
	require.Equal(t, serving.VerdictFail, j.Verdict)
	require.Contains(t, checkOf(j, "slo", serving.MetricTTFT).Text, "the canary is worse (1.27x")
}

func TestJudge_ReferenceWithoutData_ExcusesNothing(t *testing.T) {
	t.Parallel()
	few := slowShare(serving.Baseline, 10, 5, 3)
	j := judgeTTFT(slowShare(serving.Canary, 100, 30, 1.5), &few)
	require.Equal(t, serving.VerdictFail, j.Verdict)
}

func TestJudge_HardAbort_NeedsNoMinimumOfSamples(t *testing.T) {
	t.Parallel()
	healthy := constant(serving.Baseline, 20, 0.1)
	for _, c := range []struct {
		name   string
		canary judge.Arm
		want   bool
	}{
		{"five requests, all beyond twice the objective", constant(serving.Canary, 5, 2.5), true},
		{"the first four, all beyond twice the objective", constant(serving.Canary, 4, 2.5), true},
		{"two requests are too few", constant(serving.Canary, 2, 2.5), false},
		{"five of 25 beyond twice", slowShare(serving.Canary, 25, 5, 2.5), true},
		{"one cold outlier of five", slowShare(serving.Canary, 5, 1, 30), false},
		{"five of 100 beyond twice are what a p95 allows", slowShare(serving.Canary, 100, 5, 2.5), false},
		{"all a little beyond: the budget burns 20 times too fast", constant(serving.Canary, 20, 1.1), true},
		{"half a little beyond burns 10 times too fast", slowShare(serving.Canary, 40, 20, 1.1), false},
		{"healthy", constant(serving.Canary, 200, 0.1), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := judgeTTFT(c.canary, &healthy)
			require.Equal(t, c.want, j.HardAbort, j.Reason)
			if c.want {
				require.Equal(t, serving.VerdictFail, j.Verdict)
				require.Contains(t, j.Reason, "hard abort")
			} else if c.canary.Observation.Requests < 50 {
				require.Equal(t, serving.VerdictInsufficientData, j.Verdict)
			}
		})
	}
}

func TestJudge_HardBreachOfTheWholeFleet_IsNotTheCanarysFault(t *testing.T) {
	t.Parallel()
	// A mistuned fleet at 28 s: the canary's first requests at 20 s are a gain.
	stable := constant(serving.Stable, 100, 28)
	j := judgeTTFT(constant(serving.Canary, 12, 20), &stable)
	require.False(t, j.HardAbort)
	require.Equal(t, serving.VerdictInsufficientData, j.Verdict)
	j = judgeTTFT(constant(serving.Canary, 12, 40), &stable)
	require.True(t, j.HardAbort)
}

func TestConfig_ZeroFieldsAreDefaults(t *testing.T) {
	t.Parallel()
	require.Equal(t, judge.DefaultConfig(), judge.Config{}.WithDefaults())
	require.Equal(t, 200, judge.Config{MinSamples: 200}.WithDefaults().MinSamples)
	require.Equal(t, 1000, judge.Config{MinSamples: 200}.WithDefaults().Resamples)
	j := judge.Judge(judge.Config{MinSamples: 200}, []serving.Objective{ttftObjective}, constant(serving.Canary, 100, 0.1), nil)
	require.Contains(t, j.Reason, "100 of at least 200")
}

func TestConfig_Validate_NamesTheField(t *testing.T) {
	t.Parallel()
	require.NoError(t, judge.Config{}.Validate())
	require.NoError(t, judge.DefaultConfig().Validate())
	for field, c := range map[string]judge.Config{
		"min_samples":           {MinSamples: 3},
		"ratio_quantile":        {RatioQuantile: 0.999},
		"max_quantile_ratio":    {MaxQuantileRatio: 0.9},
		"confidence":            {Confidence: 95},
		"doubt_confidence":      {DoubtConfidence: 0.99},
		"resamples":             {Resamples: 10},
		"error_alpha":           {ErrorAlpha: 0.5},
		"min_error_increase":    {MinErrorIncrease: 2},
		"hard_abort_factor":     {HardAbortFactor: 0.5},
		"hard_abort_samples":    {HardAbortSamples: 1},
		"hard_abort_alpha":      {HardAbortAlpha: 0.9},
		"hard_abort_error_rate": {HardAbortErrorRate: 5},
		"fast_burn_factor":      {FastBurnFactor: 0.1},
	} {
		require.ErrorContains(t, c.Validate(), field+":")
	}
}
