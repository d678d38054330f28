package judge_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// bounds are those of vLLM's TTFT histogram, roughly.
var bounds = []float64{0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

func histogram(values []float64, bounds []float64) *serving.Histogram {
	h := &serving.Histogram{Bounds: bounds, Counts: make([]float64, len(bounds))}
	for _, v := range values {
		h.Count++
		h.Sum += v
		for i, bound := range bounds {
			if v <= bound {
				h.Counts[i]++
			}
		}
	}
	return h
}

// engines is an arm of which only the engines' histograms are known.
func engines(seed uint64, v serving.Variant, t traffic) judge.Arm {
	r := random(seed)
	return judge.Arm{Variant: v, Replicas: 1, Share: 5, Unsampled: true,
		Observation: serving.ArmObservation{Variant: v, WindowSeconds: 600, Requests: t.n, Failed: t.failed},
		Engine: &serving.Snapshot{Variant: v, WindowSeconds: 600, Replicas: 1, Preemptions: serving.Known(0),
			FinishedByReason: map[string]float64{"stop": float64(t.n - t.failed)},
			TTFT:             histogram(logNormal(r, t.n, 0.1*t.slower, 0.5, t.rho), bounds),
			OutputLengths:    histogram(logNormal(r, t.n, 120, 0.6, 0), []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000})}}
}

var ttftAndErrors = []serving.Objective{ttftObjective, errorObjective}

func judgeEngines(canary, baseline judge.Arm) serving.Judgement {
	return judge.Judge(judge.Config{}, ttftAndErrors, canary, &baseline)
}

func TestJudge_EnginesAlone_EqualArmsPass(t *testing.T) {
	t.Parallel()
	j := judgeEngines(engines(1, serving.Canary, traffic{n: 400, slower: 1}), engines(2, serving.Baseline, traffic{n: 400, slower: 1}))
	require.Equal(t, serving.VerdictPass, j.Verdict, j.Reason)
	check := checkOf(j, "quantile-ratio", serving.MetricTTFT)
	require.Equal(t, serving.SourceEngine, check.Source)
	require.Contains(t, check.Text, "buckets", "the resolution is stated")
	require.Contains(t, j.Notes[0], "the router keeps no single requests")
	require.Equal(t, 400.0, j.Canary.EngineRequests.Or(0))
}

func TestJudge_EnginesAlone_SlowerCanaryFails(t *testing.T) {
	t.Parallel()
	j := judgeEngines(engines(1, serving.Canary, traffic{n: 400, slower: 2.5}), engines(2, serving.Baseline, traffic{n: 400, slower: 1}))
	require.Equal(t, serving.VerdictFail, j.Verdict, j.Reason)
	require.Equal(t, serving.VerdictFail, checkOf(j, "quantile-ratio", serving.MetricTTFT).Verdict)
	require.Contains(t, j.Sentence, "slowest requests take")
}

func TestJudge_EnginesAlone_TwiceTheObjective_IsAHardAbort(t *testing.T) {
	t.Parallel()
	j := judgeEngines(engines(1, serving.Canary, traffic{n: 30, slower: 30}), engines(2, serving.Baseline, traffic{n: 30, slower: 1}))
	require.Equal(t, serving.VerdictFail, j.Verdict)
	require.True(t, j.HardAbort)
}

func TestJudge_EnginesAlone_NothingCounted_IsInsufficient(t *testing.T) {
	t.Parallel()
	canary := engines(1, serving.Canary, traffic{n: 400, slower: 1})
	canary.Engine, canary.NoEngine = nil, "http://a: connection refused"
	j := judgeEngines(canary, engines(2, serving.Baseline, traffic{n: 400, slower: 1}))
	require.Equal(t, serving.VerdictInsufficientData, j.Verdict)
	require.Contains(t, j.Reason, "connection refused")
}

func TestJudge_ThresholdWithinABucket_IsNeitherKeptNorBrokenForCertain(t *testing.T) {
	t.Parallel()
	canary := engines(1, serving.Canary, traffic{n: 400, slower: 1})
	// 10% lie somewhere between 0.75 and 1 s, and the objective at 0.9 s.
	canary.Engine.TTFT = &serving.Histogram{Bounds: bounds, Counts: []float64{0, 0, 0, 0, 100, 300, 350, 360, 400, 400, 400, 400, 400}, Count: 400}
	o := ttftObjective
	o.Threshold = 0.9
	j := judge.Judge(judge.Config{}, []serving.Objective{o}, canary, nil)
	require.Equal(t, serving.VerdictInconclusive, j.Verdict, j.Reason)
	require.Contains(t, j.Reason, "0 to 40 of 400")
	require.Contains(t, j.Reason, "too wide to tell")
}

func TestJudge_QuantileBeyondTheLastBucket_IsSaidAndEncodes(t *testing.T) {
	t.Parallel()
	j := judgeEngines(engines(1, serving.Canary, traffic{n: 200, slower: 400}), engines(2, serving.Baseline, traffic{n: 200, slower: 1}))
	require.Equal(t, serving.VerdictFail, j.Verdict)
	require.Contains(t, checkOf(j, "slo", serving.MetricTTFT).Text, "beyond 10 s")
	_, err := json.Marshal(j)
	require.NoError(t, err)
}

func TestJudge_OtherBuckets_AreNotCompared(t *testing.T) {
	t.Parallel()
	canary, baseline := engines(1, serving.Canary, traffic{n: 400, slower: 1}), engines(2, serving.Baseline, traffic{n: 400, slower: 1})
	canary.Engine.TTFT = &serving.Histogram{Bounds: []float64{0.3, 1}, Counts: []float64{400, 400}, Count: 400}
	j := judgeEngines(canary, baseline)
	require.Contains(t, checkOf(j, "quantile-ratio", serving.MetricTTFT).Text, "other buckets")
}

func TestJudge_RouterAndEnginesDisagree_RouterDecidesAndItIsSaid(t *testing.T) {
	t.Parallel()
	r := random(3)
	canary, baseline := arm(r, serving.Canary, traffic{n: 300, slower: 3}), arm(r, serving.Baseline, traffic{n: 300, slower: 1})
	canary.Engine = engines(4, serving.Canary, traffic{n: 300, slower: 1}).Engine
	baseline.Engine = engines(5, serving.Baseline, traffic{n: 300, slower: 1}).Engine
	j := judge.Judge(judge.Config{}, ttftAndErrors, canary, &baseline)
	require.Equal(t, serving.VerdictFail, j.Verdict)
	require.NotEmpty(t, j.Disagreements)
	require.Contains(t, j.Disagreements[0], "TTFT: the router's requests say fail, the engines' histograms pass")
	require.Contains(t, j.Sentence, "disagree")
}
