package judge_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// The design effect of a first-order autoregression is (1+r)/(1-r); ranks of
// normal values are correlated by a little less than the values.
func TestDesignEffect_OfAnAutoregression(t *testing.T) {
	t.Parallel()
	for rho, want := range map[float64]float64{0: 1, 0.5: 3, 0.8: 9} {
		got := judge.DesignEffect(logNormal(random(1), 4000, 1, 0.5, rho), logNormal(random(2), 4000, 1, 0.5, rho))
		require.GreaterOrEqual(t, got, 0.85*want, "rho %g", rho)
		require.LessOrEqual(t, got, 1.4*want, "rho %g: the greater of two estimates errs to the safe side", rho)
	}
}

// A slow state under the noise of single requests has a low correlation between
// neighbours, which lasts: the first one alone would give 3.
func TestDesignEffect_OfASlowStateInNoise(t *testing.T) {
	t.Parallel()
	values := logNormal(random(3), 5000, 1, 1, 0.95)
	for i, noise := range logNormal(random(4), 5000, 1, 1, 0) {
		values[i] *= noise
	}
	require.Greater(t, judge.DesignEffect(values), 12.0, "the truth is 20")
}

func TestDesignEffect_ConstantOrTooFew_IsOne(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1.0, judge.DesignEffect())
	require.Equal(t, 1.0, judge.DesignEffect([]float64{1, 2, 3}))
	require.Equal(t, 1.0, judge.DesignEffect([]float64{2, 2, 2, 2, 2, 2, 2, 2}))
}

// The load of both arms drifts alike, which is no reason to trust them less.
func TestSharedWindowEffect_DriftOfBothArms_IsNoDependence(t *testing.T) {
	t.Parallel()
	drifting := func(seed uint64) []float64 {
		values := logNormal(random(seed), 400, 1, 0.3, 0)
		for i := range values {
			values[i] += 2 * float64(i) / 400
		}
		return values
	}
	a, b := drifting(5), drifting(6)
	require.Greater(t, judge.DesignEffect(a, b), 10.0)
	require.Less(t, judge.SharedWindowEffect(judge.NewSample(a), judge.NewSample(b)), 1.5)
}

func TestEffectiveCounts_AnySamples_AreWithinTheCount(t *testing.T) {
	t.Parallel()
	values := rapid.SliceOfN(rapid.Float64Range(0, 5), 0, 120)
	rapid.Check(t, func(t *rapid.T) {
		a, b := judge.NewSample(values.Draw(t, "a")), judge.NewSample(values.Draw(t, "b"))
		got := judge.EffectiveCounts(rapid.Float64Range(0.5, 0.99).Draw(t, "q"), a, b)
		require.Len(t, got, 2)
		for i, s := range []judge.Sample{a, b} {
			require.LessOrEqual(t, got[i], float64(s.Count()))
			require.GreaterOrEqual(t, got[i], float64(s.Count())/50-1e-9)
		}
		effect := judge.SharedWindowEffect(a, b)
		require.True(t, effect >= 1 && effect <= 50, "%g", effect)
	})
}

// One slow stretch of the canary is one event: as many requests, spread over the
// window, prove a worsening.
func TestJudge_OneSlowStretch_ProvesNothing(t *testing.T) {
	t.Parallel()
	const n, slow = 100, 30
	baseline := arm(random(7), serving.Baseline, traffic{n: n, slower: 1})
	stretch := func(isSlow func(i int) bool) serving.JudgeCheck {
		canary := arm(random(8), serving.Canary, traffic{n: n, slower: 1})
		for i := range canary.Observation.Samples {
			if s := &canary.Observation.Samples[i]; isSlow(i) {
				s.TTFTSeconds = serving.Known(3 * s.TTFTSeconds.Or(0))
			}
		}
		return checkOf(judge.Judge(judge.Config{}, latencyObjectives, canary, &baseline), "quantile-ratio", serving.MetricTTFT)
	}
	together := stretch(func(i int) bool { return i >= 40 && i < 40+slow })
	require.NotEqual(t, serving.VerdictFail, together.Verdict, together.Text)
	require.Contains(t, together.Text, "independent ones (at least 35 are needed)")
	spread := random(9).Perm(n)
	apart := stretch(func(i int) bool { return spread[i] < slow })
	require.Equal(t, serving.VerdictFail, apart.Verdict, apart.Text)
}

// The first ten failures of a restart are one event.
func TestJudge_FailuresInBursts_CountForLess(t *testing.T) {
	t.Parallel()
	healthy := arm(random(1), serving.Baseline, traffic{n: 200, slower: 1})
	failing := func(at func(k int) int) serving.Judgement {
		canary := arm(random(2), serving.Canary, traffic{n: 200, slower: 1})
		for k := range 10 {
			s := &canary.Observation.Samples[at(k)]
			s.Failed, s.TTFTSeconds, s.ITLSeconds, s.E2ESeconds = true, serving.Unknown(), serving.Unknown(), serving.Unknown()
			canary.Observation.Failed++
		}
		return judge.Judge(judge.Config{}, latencyObjectives, canary, &healthy)
	}
	together := checkOf(failing(func(k int) int { return 100 + k }), "two-proportion", serving.MetricErrorRate)
	require.NotEqual(t, serving.VerdictFail, together.Verdict, together.Text)
	require.Contains(t, together.Text, "failures come in bursts")
	places := random(3).Perm(200)
	apart := checkOf(failing(func(k int) int { return places[k] }), "two-proportion", serving.MetricErrorRate)
	require.Equal(t, serving.VerdictFail, apart.Verdict, apart.Text)
	require.Greater(t, apart.Low, 0.0, "the interval of the rise")
	require.Less(t, apart.High, 0.12)
}

func TestJudge_Inconclusive_SaysHowManySamplesWouldSettleIt(t *testing.T) {
	t.Parallel()
	r := random(12)
	canary, baseline := arm(r, serving.Canary, traffic{n: 60, slower: 1}), arm(r, serving.Baseline, traffic{n: 60, slower: 1})
	j := judge.Judge(judge.Config{Strict: true}, nil, canary, &baseline)
	require.Equal(t, serving.VerdictInconclusive, j.Verdict)
	require.Regexp(t, `about \d+ samples an arm would settle it`, j.Reason)
}
