package judge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// healthyArms are a healthy canary and baseline, with engines.
func healthyArms() (canary, baseline judge.Arm) {
	return engines(1, serving.Canary, traffic{n: 400, slower: 1}), engines(2, serving.Baseline, traffic{n: 400, slower: 1})
}

func gauge(n int, from, step float64) serving.Series {
	s := serving.Series{}
	for i := range n {
		s = s.With(10*float64(i), serving.Known(from+step*float64(i)))
	}
	return s
}

func TestJudge_CanaryFinishesFarFewerThanItsShare_Fails(t *testing.T) {
	t.Parallel()
	_, baseline := healthyArms()
	canary := engines(1, serving.Canary, traffic{n: 150, slower: 1}) // what hangs is no sample
	j := judgeEngines(canary, baseline)
	require.Equal(t, serving.VerdictFail, j.Verdict)
	require.Equal(t, serving.VerdictFail, checkOf(j, "rate", serving.MetricReplicaThroughput).Verdict)
	require.Contains(t, j.Sentence, "a replica finished 150 requests where one of baseline finished 400")
}

func TestJudge_UnequalShares_AreTakenIntoAccount(t *testing.T) {
	t.Parallel()
	canary, stable := healthyArms()
	stable = engines(2, serving.Stable, traffic{n: 7600, slower: 1})
	stable.Share, stable.Replicas = 95, 19
	j := judgeEngines(canary, stable)
	require.Equal(t, serving.VerdictPass, j.Verdict, j.Reason)
	require.Equal(t, "stable", j.ComparedWith)
	require.Contains(t, j.Sentence, "compared with the running stable, replica by replica")
	require.Contains(t, j.Notes[len(j.Notes)-1], "no fresh baseline")
}

func TestJudge_LongerQueue_AsksAPerson(t *testing.T) {
	t.Parallel()
	canary, baseline := healthyArms()
	canary.Gauges.Waiting, baseline.Gauges.Waiting = gauge(30, 9, 0), gauge(30, 0.5, 0)
	j := judgeEngines(canary, baseline)
	require.Equal(t, serving.VerdictFail, checkOf(j, "mean", serving.MetricQueue).Verdict)
	require.Equal(t, serving.VerdictInconclusive, j.Verdict, "a queue supports, and does not decide")
	require.Less(t, j.Score.Or(100), 95.0)
}

func TestJudge_PreemptionsRise_IsKVPressure(t *testing.T) {
	t.Parallel()
	canary, baseline := healthyArms()
	canary.Engine.Preemptions = serving.Known(80)
	j := judgeEngines(canary, baseline)
	require.Equal(t, serving.VerdictFail, checkOf(j, "rate", serving.MetricKVPressure).Verdict)
}

func TestJudge_AFullCacheThatEvictsNobody_IsNoPressure(t *testing.T) {
	t.Parallel()
	canary, baseline := healthyArms()
	canary.Gauges.KVUsage, baseline.Gauges.KVUsage = gauge(30, 0.97, 0), gauge(30, 0.3, 0)
	require.Equal(t, serving.VerdictPass, judgeEngines(canary, baseline).Verdict)
}

func TestJudge_MemoryThatOnlyRises_IsSeenBeforeItIsFull(t *testing.T) {
	t.Parallel()
	canary, baseline := healthyArms()
	canary.Gauges.KVUsage, baseline.Gauges.KVUsage = gauge(60, 0.3, 0.005), gauge(60, 0.3, 0)
	j := judgeEngines(canary, baseline)
	require.Equal(t, serving.VerdictFail, checkOf(j, "trend", serving.MetricMemory).Verdict)
	canary.Gauges.KVUsage, baseline.Gauges.KVUsage = gauge(60, 0.3, 0.005), gauge(60, 0.3, 0.005)
	require.Equal(t, serving.VerdictPass, judgeEngines(canary, baseline).Verdict, "traffic that rises shows on both arms")
}

func TestJudge_AnswersThatBecomeShorter_AskAPerson(t *testing.T) {
	t.Parallel()
	canary, baseline := healthyArms()
	canary.Engine.OutputLengths = histogram(logNormal(random(9), 400, 60, 0.6, 0), []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000})
	j := judgeEngines(canary, baseline)
	require.Equal(t, serving.VerdictInconclusive, j.Verdict)
	require.Contains(t, j.Sentence, "it may answer differently")
}

func TestJudge_DryRunMetric_IsReportedAndDecidesNothing(t *testing.T) {
	t.Parallel()
	canary, baseline := engines(1, serving.Canary, traffic{n: 400, slower: 30}), engines(2, serving.Baseline, traffic{n: 400, slower: 1})
	cfg := judge.Config{Metrics: []judge.MetricPolicy{{Metric: serving.MetricTTFT, DryRun: true}}}
	j := judge.Judge(cfg, ttftAndErrors, canary, &baseline)
	require.Equal(t, serving.VerdictPass, j.Verdict, j.Reason)
	require.False(t, j.HardAbort)
	check := checkOf(j, "slo", serving.MetricTTFT)
	require.Equal(t, serving.VerdictFail, check.Verdict)
	require.True(t, check.DryRun)
}

func TestJudge_SupportingMetricMadeCritical_FailsTheCanary(t *testing.T) {
	t.Parallel()
	canary, baseline := healthyArms()
	canary.Gauges.Waiting, baseline.Gauges.Waiting = gauge(30, 9, 0), gauge(30, 0.5, 0)
	cfg := judge.Config{Metrics: []judge.MetricPolicy{{Metric: serving.MetricQueue, Critical: true}}}
	j := judge.Judge(cfg, ttftAndErrors, canary, &baseline)
	require.Equal(t, serving.VerdictFail, j.Verdict)
	require.Zero(t, j.Score.Or(1))
}

func TestJudge_Weights_DecideWhetherAPersonIsAsked(t *testing.T) {
	t.Parallel()
	canary, baseline := healthyArms()
	canary.Gauges.Waiting, baseline.Gauges.Waiting = gauge(30, 9, 0), gauge(30, 0.5, 0)
	verdict := func(weight float64) serving.Verdict {
		cfg := judge.Config{Metrics: []judge.MetricPolicy{{Metric: serving.MetricQueue, Weight: weight}}}
		return judge.Judge(cfg, ttftAndErrors, canary, &baseline).Verdict
	}
	require.Equal(t, serving.VerdictPass, verdict(0.01))
	require.Equal(t, serving.VerdictInconclusive, verdict(1))
	require.Equal(t, serving.VerdictFail, verdict(50))
}

func TestConfig_Metrics_AreChecked(t *testing.T) {
	t.Parallel()
	for says, c := range map[string]judge.Config{
		"is not judged":     {Metrics: []judge.MetricPolicy{{Metric: "luck"}}},
		"within 0..1000":    {Metrics: []judge.MetricPolicy{{Metric: serving.MetricTTFT, Weight: -1}}},
		"critical in a dry": {Metrics: []judge.MetricPolicy{{Metric: serving.MetricTTFT, Critical: true, DryRun: true}}},
		"given twice":       {Metrics: []judge.MetricPolicy{{Metric: serving.MetricTTFT}, {Metric: serving.MetricTTFT}}},
		"pass_score":        {PassScore: 120},
		"histogram_effect":  {HistogramEffect: 0.5},
	} {
		require.ErrorContains(t, c.Validate(), says)
	}
	require.NoError(t, judge.Config{PassScore: 50}.Validate(), "the marginal score follows")
}
