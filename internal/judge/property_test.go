package judge_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// drawArm is any arm at all: latencies known or not, requests failed or not,
// counts that do not match the samples.
func drawArm(t *rapid.T, v serving.Variant) judge.Arm {
	measure := rapid.Custom(func(t *rapid.T) serving.Measure {
		if rapid.IntRange(0, 9).Draw(t, "known") == 0 {
			return serving.Unknown()
		}
		return serving.Known(rapid.Float64Range(0, 5).Draw(t, "seconds"))
	})
	sample := rapid.Custom(func(t *rapid.T) serving.RequestSample {
		return serving.RequestSample{EndedUnix: rapid.Float64Range(0, 100).Draw(t, "ended"),
			TTFTSeconds: measure.Draw(t, "ttft"), ITLSeconds: measure.Draw(t, "itl"), E2ESeconds: measure.Draw(t, "e2e"),
			Failed: rapid.IntRange(0, 19).Draw(t, "failed") == 0}
	})
	o := serving.ArmObservation{Variant: v, WindowSeconds: rapid.Float64Range(0, 60).Draw(t, "window"),
		Samples: rapid.SliceOfN(sample, 0, 40).Draw(t, "samples")}
	o.Requests = len(o.Samples) + rapid.IntRange(0, 50).Draw(t, "more")
	o.Failed = rapid.IntRange(0, o.Requests).Draw(t, "failed")
	return judge.Arm{Variant: v, Observation: o, Replicas: rapid.IntRange(0, 3).Draw(t, "replicas")}
}

func TestJudge_AnyArms_AVerdictThatHangsTogether(t *testing.T) {
	t.Parallel()
	config := judge.Config{MinSamples: 10, Resamples: 100}
	rapid.Check(t, func(t *rapid.T) {
		canary := drawArm(t, serving.Canary)
		var reference *judge.Arm
		if rapid.Bool().Draw(t, "has reference") {
			r := drawArm(t, serving.Baseline)
			reference = &r
		}
		j := judge.Judge(config, chatObjectives, canary, reference)
		_, err := json.Marshal(j)
		require.NoError(t, err, "no NaN and no infinity")
		require.NotEmpty(t, j.Reason)
		require.NotEmpty(t, j.Checks)
		failed, lacking, unsure := 0, 0, 0
		for _, c := range j.Checks {
			require.NotEmpty(t, c.Text)
			switch c.Verdict {
			case serving.VerdictFail:
				failed++
			case serving.VerdictInsufficientData:
				lacking++
			case serving.VerdictInconclusive:
				unsure++
			default:
				require.Equal(t, serving.VerdictPass, c.Verdict)
				require.GreaterOrEqual(t, c.Samples, 10, "nothing passes below the minimum: %s", c.Text)
			}
		}
		require.Equal(t, failed > 0, j.Verdict == serving.VerdictFail)
		require.Equal(t, failed == 0 && lacking > 0, j.Verdict == serving.VerdictInsufficientData)
		require.Equal(t, failed+lacking == 0 && unsure > 0, j.Verdict == serving.VerdictInconclusive)
		require.False(t, j.HardAbort && j.Verdict != serving.VerdictFail)
	})
}

// Whatever the arms, a canary that is slower by a factor is worse by it.
func TestBootstrapRatio_ScalesWithTheCanary(t *testing.T) {
	t.Parallel()
	latencies := rapid.SliceOfN(rapid.Float64Range(0.01, 10), 1, 80)
	rapid.Check(t, func(t *rapid.T) {
		a, b := latencies.Draw(t, "a"), latencies.Draw(t, "b")
		factor := rapid.Float64Range(1, 10).Draw(t, "factor")
		slower := make([]float64, len(a))
		for i, v := range a {
			slower[i] = v * factor
		}
		r := judge.Resampling{Confidence: 0.9, Resamples: 100, Seed: rapid.Uint64().Draw(t, "seed")}
		one, _ := judge.BootstrapRatio(judge.NewSample(a), judge.NewSample(b), 0.95, r)
		two, _ := judge.BootstrapRatio(judge.NewSample(slower), judge.NewSample(b), 0.95, r)
		require.LessOrEqual(t, one.Low, one.High)
		require.InEpsilon(t, one.Low*factor, two.Low, 0.01)
		require.InEpsilon(t, one.High*factor, two.High, 0.01)
	})
}

func TestBootstrap_StaysWithinTheSample(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-5, 5), 1, 60).Draw(t, "values")
		s := judge.NewSample(values)
		i, ok := judge.Bootstrap(s, rapid.Float64Range(0.01, 0.999).Draw(t, "q"), 0.95)
		require.True(t, ok)
		require.LessOrEqual(t, i.Low, i.High)
		require.GreaterOrEqual(t, i.Low, s.Quantile(0))
		require.LessOrEqual(t, i.High, s.Quantile(1))
	})
}

func TestMannWhitney_EveryPairIsCountedOnce(t *testing.T) {
	t.Parallel()
	// Few distinct values, so that most pairs are ties.
	values := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 5), func(n int) float64 { return float64(n) }), 1, 40)
	rapid.Check(t, func(t *rapid.T) {
		a, b := values.Draw(t, "a"), values.Draw(t, "b")
		u := 0.0
		for _, x := range a {
			for _, y := range b {
				if x > y {
					u++
				} else if x == y {
					u += 0.5
				}
			}
		}
		forth, _ := judge.MannWhitney(judge.NewSample(a), judge.NewSample(b))
		back, _ := judge.MannWhitney(judge.NewSample(b), judge.NewSample(a))
		require.InDelta(t, u, forth.U, 1e-9)
		require.InDelta(t, float64(len(a)*len(b)), forth.U+back.U, 1e-9)
		require.InDelta(t, forth.P, back.P, 1e-9)
		require.True(t, forth.P >= 0 && forth.P <= 1)
	})
}

func TestProportions_AreProbabilitiesAndMonotonic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(1, 300).Draw(t, "n"), rapid.IntRange(1, 300).Draw(t, "m")
		k, l := rapid.IntRange(0, n-1).Draw(t, "k"), rapid.IntRange(0, m).Draw(t, "l")
		p := judge.TwoProportion(k, n, l, m)
		require.True(t, p >= 0 && p <= 1)
		require.LessOrEqual(t, judge.TwoProportion(k+1, n, l, m), p+1e-9, "one more failure is no better")
		share := rapid.Float64Range(0.001, 0.999).Draw(t, "share")
		require.LessOrEqual(t, judge.BinomialTail(k+1, n, share), judge.BinomialTail(k, n, share)+1e-9)
		i, _ := judge.Wilson(k, n, 0.95)
		rate := float64(k) / float64(n)
		require.True(t, 0 <= i.Low && i.Low <= rate+1e-12 && rate <= i.High+1e-12 && i.High <= 1)
	})
}

func TestNextStep_NeverAdvancesOnAnythingButAPass(t *testing.T) {
	t.Parallel()
	verdict := rapid.SampledFrom([]serving.Verdict{serving.VerdictPass, serving.VerdictFail, serving.VerdictInconclusive, serving.VerdictInsufficientData})
	rapid.Check(t, func(t *rapid.T) {
		var history []serving.Judgement
		for _, v := range rapid.SliceOfN(verdict, 0, 6).Draw(t, "verdicts") {
			history = append(history, serving.Judgement{Verdict: v, HardAbort: v == serving.VerdictFail && rapid.Bool().Draw(t, "hard")})
		}
		elapsed, extended := rapid.Float64Range(0, 2000).Draw(t, "elapsed"), rapid.Bool().Draw(t, "extended")
		d := judge.NextStep(history, elapsed, 60, 300, extended)
		last := serving.Judgement{}
		if len(history) > 0 {
			last = history[len(history)-1]
		}
		switch d.Action {
		case judge.Advance:
			require.Equal(t, serving.VerdictPass, last.Verdict)
			require.GreaterOrEqual(t, elapsed, 60.0)
		case judge.Abort:
			require.Equal(t, serving.VerdictFail, last.Verdict)
		case judge.Extend:
			require.False(t, extended, "a stage is extended once")
			require.GreaterOrEqual(t, elapsed, 300.0)
		case judge.WaitForHuman:
			require.True(t, extended)
			require.GreaterOrEqual(t, elapsed, 600.0)
		case judge.Keep:
			require.False(t, last.HardAbort)
			require.Less(t, elapsed, 600.0, "no stage goes on for ever")
		}
	})
}
