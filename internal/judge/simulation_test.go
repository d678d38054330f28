package judge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// quick resamples less, for simulations of many judgements.
var quick = judge.Config{Resamples: 200}

var latencyObjectives = []serving.Objective{ttftObjective, itlObjective}

// verdicts counts what rounds of drawn arms are judged to be.
func verdicts(rounds int, seed uint64, canary, baseline traffic) map[serving.Verdict]int {
	r, out := random(seed), map[serving.Verdict]int{}
	for range rounds {
		c, b := arm(r, serving.Canary, canary), arm(r, serving.Baseline, baseline)
		out[judge.Judge(quick, latencyObjectives, c, &b).Verdict]++
	}
	return out
}

// The confidence of 95% leaves 2.5% for each of the three latencies when the
// canary is exactly at the limit; an equal canary is well within it.
func TestSimulation_EqualArms_RarelyFail(t *testing.T) {
	t.Parallel()
	const rounds = 150
	for _, n := range []int{50, 100, 200, 300} {
		got := verdicts(rounds, uint64(n), traffic{n: n, slower: 1}, traffic{n: n, slower: 1})
		require.LessOrEqual(t, got[serving.VerdictFail], rounds*4/100, "n=%d %v", n, got)
		require.GreaterOrEqual(t, got[serving.VerdictPass], rounds*70/100, "n=%d %v", n, got)
		require.Zero(t, got[serving.VerdictInsufficientData])
	}
}

func TestSimulation_EqualArmsOfDependentRequests_RarelyFail(t *testing.T) {
	t.Parallel()
	const rounds = 150
	for _, n := range []int{100, 300} {
		got := verdicts(rounds, uint64(n), traffic{n: n, slower: 1, rho: 0.6}, traffic{n: n, slower: 1, rho: 0.6})
		require.LessOrEqual(t, got[serving.VerdictFail], rounds*7/100, "n=%d %v", n, got)
	}
}

func TestSimulation_AtTheLimit_FailsNoMoreThanNominal(t *testing.T) {
	t.Parallel()
	const rounds = 150
	got := verdicts(rounds, 3, traffic{n: 200, slower: 1.15}, traffic{n: 200, slower: 1})
	require.LessOrEqual(t, got[serving.VerdictFail], rounds*12/100, "%v", got)
}

func TestSimulation_TwiceAsSlow_AlwaysFails(t *testing.T) {
	t.Parallel()
	const rounds = 100
	for _, n := range []int{50, 100, 300} {
		got := verdicts(rounds, uint64(n), traffic{n: n, slower: 2}, traffic{n: n, slower: 1})
		require.GreaterOrEqual(t, got[serving.VerdictFail], rounds*98/100, "n=%d %v", n, got)
	}
}

func TestSimulation_FasterCanary_Passes(t *testing.T) {
	t.Parallel()
	const rounds = 100
	got := verdicts(rounds, 4, traffic{n: 100, slower: 0.5}, traffic{n: 100, slower: 1})
	require.GreaterOrEqual(t, got[serving.VerdictPass], rounds*98/100, "%v", got)
}

// A stage looks again and again at a growing window; each look alone may err.
func TestSimulation_WholeStage_EqualArmsAdvanceAndSlowOnesAbort(t *testing.T) {
	t.Parallel()
	const stages, looks = 40, 12
	stage := func(seed uint64, slower float64) judge.Action {
		r := random(seed)
		canary, baseline := arm(r, serving.Canary, traffic{n: 25 * looks, slower: slower}), arm(r, serving.Baseline, traffic{n: 25 * looks, slower: 1})
		var history []serving.Judgement
		for look := 1; look <= looks; look++ {
			c, b := firstOf(canary, 25*look), firstOf(baseline, 25*look)
			history = append(history, judge.Judge(quick, latencyObjectives, c, &b))
			d := judge.NextStep(history, float64(look)*10, 60, 10*looks, false)
			if d.Action != judge.Keep {
				return d.Action
			}
		}
		return judge.Keep
	}
	equal, slow := map[judge.Action]int{}, map[judge.Action]int{}
	for seed := range uint64(stages) {
		equal[stage(seed, 1)]++
		slow[stage(seed, 2)]++
	}
	require.LessOrEqual(t, equal[judge.Abort], 2, "%v", equal)
	require.GreaterOrEqual(t, equal[judge.Advance], stages*90/100, "%v", equal)
	require.Equal(t, stages, slow[judge.Abort], "%v", slow)
}

func firstOf(a judge.Arm, n int) judge.Arm {
	a.Observation.Samples, a.Observation.Requests = a.Observation.Samples[:n], n
	return a
}

// BenchmarkJudge measures two arms of three latencies, 500 samples and 1000
// resamples each; the budget is 150 ms.
func BenchmarkJudge(b *testing.B) {
	r := random(1)
	canary, baseline := arm(r, serving.Canary, traffic{n: 500, slower: 1}), arm(r, serving.Baseline, traffic{n: 500, slower: 1})
	b.ReportAllocs()
	for b.Loop() {
		judge.Judge(judge.DefaultConfig(), latencyObjectives, canary, &baseline)
	}
}
