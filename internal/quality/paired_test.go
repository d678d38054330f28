package quality_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// outcomes calls f with every number of losses and gains among n pairs and its
// probability when a pair is a loss or a gain with the given ones.
func outcomes(n int, loss, gain float64, f func(quality.Pairs, float64)) {
	log := func(k int) float64 { v, _ := math.Lgamma(float64(k) + 1); return v }
	for lost := 0; lost <= n; lost++ {
		for gained := 0; lost+gained <= n; gained++ {
			same := n - lost - gained
			p := log(n) - log(lost) - log(gained) - log(same) + float64(same)*math.Log1p(-loss-gain)
			for _, term := range []struct {
				k    int
				rate float64
			}{{lost, loss}, {gained, gain}} {
				if term.k > 0 {
					p += float64(term.k) * math.Log(term.rate)
				}
			}
			if weight := math.Exp(p); weight > 1e-6 {
				f(quality.Pairs{N: n, Lost: lost, Gained: gained}, weight)
			}
		}
	}
}

func TestMcNemar_KnownValues(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 1, quality.Pairs{N: 100}.McNemar(), 1e-12, "no discordant pair speaks for nothing")
	require.InDelta(t, 1.0/32, quality.Pairs{N: 100, Lost: 5}.McNemar(), 1e-12, "2^-5")
	require.InDelta(t, 11.0/1024, quality.Pairs{N: 50, Lost: 9, Gained: 1}.McNemar(), 1e-12, "(10+1)/2^10")
}

// Without a discordant pair Tango's bound has a closed form: z^2/(n+z^2).
func TestLossUpper_NoDiscordantPair_IsTheClosedForm(t *testing.T) {
	t.Parallel()
	z2 := 1.6448536 * 1.6448536
	for _, n := range []int{50, 149, 309} {
		require.InDelta(t, z2/(float64(n)+z2), quality.Pairs{N: n}.LossUpper(0.05), 1e-6)
	}
	require.Equal(t, 1.0, quality.Pairs{}.LossUpper(0.05), "nothing asked bounds nothing")
}

// A loss of exactly the margin must not pass more often than alpha, whatever the
// share of gains is.
func TestNonInferiority_LossOfTheMargin_PassesAtMostAtAlpha(t *testing.T) {
	t.Parallel()
	const n, margin, alpha = 30, 0.15, 0.05
	passing := map[quality.Pairs]bool{}
	for _, gain := range []float64{1e-9, 0.02, 0.1, 0.3} {
		passes := 0.0
		outcomes(n, gain+margin, gain, func(p quality.Pairs, weight float64) {
			ok, known := passing[p]
			if !known {
				ok = p.NonInferiority(margin) <= alpha
				passing[p] = ok
			}
			if ok {
				passes += weight
			}
		})
		require.LessOrEqual(t, passes, alpha+1e-3, "gains %g", gain)
	}
	require.Contains(t, passing, quality.Pairs{N: n})
	require.True(t, passing[quality.Pairs{N: n}], "a test that never passes keeps alpha as well")
}

func TestNonInferiority_NoDiscordantPair_IsTheRuleOfThree(t *testing.T) {
	t.Parallel()
	// With no gain possible the chance of no loss at a loss of d is (1-d)^n.
	require.InDelta(t, math.Pow(0.98, 149), quality.Pairs{N: 149}.NonInferiority(0.02), 1e-9)
	require.LessOrEqual(t, quality.Pairs{N: 149}.NonInferiority(0.02), 0.05)
	require.Greater(t, quality.Pairs{N: 148}.NonInferiority(0.02), 0.05)
	require.Equal(t, 1.0, quality.Pairs{}.NonInferiority(0.02))
}

func TestPlan_Default_HasThePowerItStates(t *testing.T) {
	t.Parallel()
	plan := quality.Plan(serving.QualityPolicy{})
	require.Equal(t, 425, plan.Prompts, "((1.645*0.1783 + 0.842*0.1414) / 0.02)^2")
	require.Contains(t, plan.Formula, "margin)^2")
	passes := 0.0
	outcomes(plan.Prompts, plan.Discordance/2, plan.Discordance/2, func(p quality.Pairs, weight float64) {
		if weight > 3e-4 && p.NonInferiority(plan.Margin) <= plan.Alpha {
			passes += weight
		}
	})
	require.Greater(t, passes, plan.Power-0.03, "an equal candidate passes as often as planned")
}

func TestPlan_WideMargin_StillCanPass(t *testing.T) {
	t.Parallel()
	for _, margin := range []float64{0.005, 0.01, 0.02, 0.05, 0.1, 0.2} {
		plan := quality.Plan(serving.QualityPolicy{Margin: margin})
		require.LessOrEqual(t, quality.Pairs{N: plan.Prompts}.NonInferiority(margin), plan.Alpha, "margin %g, %d prompts", margin, plan.Prompts)
	}
}

func TestValidate_NamesTheFieldAndTheFix(t *testing.T) {
	t.Parallel()
	require.NoError(t, quality.Validate(serving.QualityPolicy{}, 0))
	require.NoError(t, quality.Validate(serving.QualityPolicy{Margin: 0.05, Samples: 100}, 80))
	for want, in := range map[string]struct {
		policy serving.QualityPolicy
		golden int
	}{
		"margin: 0.5 must be within 0..0.2":                  {serving.QualityPolicy{Margin: 0.5}, 0},
		"margin: NaN":                                        {serving.QualityPolicy{Margin: math.NaN()}, 0},
		"samples: 20 prompts cannot show that less":          {serving.QualityPolicy{Samples: 20}, 0},
		"samples: -1":                                        {serving.QualityPolicy{Samples: -1}, 0},
		"golden_jsonl: 40 prompts cannot show that less":     {serving.QualityPolicy{}, 40},
		"give at least 149 or a greater margin":              {serving.QualityPolicy{}, 148},
		"samples: 9999 must be within 0..5000; leave it out": {serving.QualityPolicy{Samples: 9999}, 0},
	} {
		require.ErrorContains(t, quality.Validate(in.policy, in.golden), want)
	}
}
