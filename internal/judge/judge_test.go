package judge_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var chatObjectives = []serving.Objective{ttftObjective, itlObjective, errorObjective}

func TestJudge_FasterCanary_Passes(t *testing.T) {
	t.Parallel()
	r := random(1)
	canary, baseline := arm(r, serving.Canary, traffic{n: 150, slower: 0.4}), arm(r, serving.Baseline, traffic{n: 150, slower: 1})
	j := judge.Judge(judge.DefaultConfig(), chatObjectives, canary, &baseline)
	require.Equal(t, serving.VerdictPass, j.Verdict, j.Reason)
	require.False(t, j.HardAbort)
	require.Equal(t, "baseline", j.ComparedWith)
	require.Equal(t, 150, j.Canary.Requests)
	require.Equal(t, 150, j.Canary.TTFT.Count)
	require.Less(t, j.Canary.TTFT.P95Seconds, j.Baseline.TTFT.P95Seconds)
	ratio := checkOf(j, "quantile-ratio", serving.MetricTTFT)
	require.Less(t, ratio.High, 1.15)
	require.Equal(t, 150, ratio.Samples)
	require.True(t, checkOf(j, "location", serving.MetricTTFT).PValue.IsKnown())
}

func TestJudge_SlowerCanary_FailsAndSaysByHowMuch(t *testing.T) {
	t.Parallel()
	r := random(2)
	canary, baseline := arm(r, serving.Canary, traffic{n: 180, slower: 3}), arm(r, serving.Baseline, traffic{n: 175, slower: 1})
	j := judge.Judge(judge.DefaultConfig(), []serving.Objective{ttftObjective}, canary, &baseline)
	require.Equal(t, serving.VerdictFail, j.Verdict)
	require.False(t, j.HardAbort, "within the objective nothing is plain")
	require.Regexp(t, `p95 TTFT 0\.\d+ s vs 0\.\d+ s on baseline \(\d\.?\d*x, 95% CI \d\.?\d*-\d\.?\d*, limit 1\.15\), 180 and 175 samples`, j.Reason)
	require.Greater(t, checkOf(j, "quantile-ratio", serving.MetricTTFT).Low, 1.15)
	require.Equal(t, serving.VerdictPass, checkOf(j, "location", serving.MetricTTFT).Verdict, "location is for information")
}

func TestJudge_TooFewSamples_SaysHowManyAreMissing(t *testing.T) {
	t.Parallel()
	r := random(3)
	canary, baseline := arm(r, serving.Canary, traffic{n: 42, slower: 1}), arm(r, serving.Baseline, traffic{n: 300, slower: 1})
	j := judge.Judge(judge.DefaultConfig(), chatObjectives, canary, &baseline)
	require.Equal(t, serving.VerdictInsufficientData, j.Verdict)
	require.Contains(t, j.Reason, "42 of at least 50 samples on canary, 8 are missing")

	canary, baseline = arm(r, serving.Canary, traffic{n: 300, slower: 1}), arm(r, serving.Baseline, traffic{n: 20, slower: 1})
	j = judge.Judge(judge.DefaultConfig(), chatObjectives, canary, &baseline)
	require.Equal(t, serving.VerdictInsufficientData, j.Verdict)
	require.Contains(t, j.Reason, "20 of at least 50 samples on baseline, 30 are missing")
}

func TestJudge_NoData_IsNeverAPass(t *testing.T) {
	t.Parallel()
	empty := judge.Arm{Variant: serving.Canary}
	reference := judge.Arm{Variant: serving.Baseline}
	healthy := arm(random(1), serving.Baseline, traffic{n: 200, slower: 1})
	for name, j := range map[string]serving.Judgement{
		"nothing at all":            judge.Judge(judge.Config{}, nil, empty, nil),
		"objectives, no canary":     judge.Judge(judge.Config{}, chatObjectives, empty, nil),
		"no requests on both arms":  judge.Judge(judge.Config{}, chatObjectives, empty, &reference),
		"no canary requests":        judge.Judge(judge.Config{}, nil, empty, &healthy),
		"no reference requests":     judge.Judge(judge.Config{}, nil, healthy, &reference),
		"neither objective nor arm": judge.Judge(judge.Config{}, nil, healthy, nil),
	} {
		require.Equal(t, serving.VerdictInsufficientData, j.Verdict, name)
		require.NotEmpty(t, j.Reason, name)
		_, err := json.Marshal(j)
		require.NoError(t, err, name)
	}
}

// An objective on a latency that the canary does not show must hold it back.
func TestJudge_ObjectiveWithoutItsMetric_IsInsufficient(t *testing.T) {
	t.Parallel()
	canary, baseline := constant(serving.Canary, 200, 0.1), constant(serving.Baseline, 200, 0.1)
	j := judge.Judge(judge.DefaultConfig(), chatObjectives, canary, &baseline)
	require.Equal(t, serving.VerdictInsufficientData, j.Verdict)
	require.Contains(t, j.Reason, "itl-p95: 0 of at least 50")

	j = judge.Judge(judge.DefaultConfig(), []serving.Objective{ttftObjective}, canary, &baseline)
	require.Equal(t, serving.VerdictPass, j.Verdict, "what neither arm has and nobody asks for is not judged")
}

func TestJudge_WithoutReference_JudgesByObjectivesAlone(t *testing.T) {
	t.Parallel()
	canary := arm(random(4), serving.Canary, traffic{n: 100, slower: 1})
	j := judge.Judge(judge.DefaultConfig(), chatObjectives, canary, nil)
	require.Equal(t, serving.VerdictPass, j.Verdict, j.Reason)
	require.Equal(t, "slo", j.ComparedWith)
	require.Len(t, j.Checks, 3)
	require.Zero(t, j.Baseline)
}

func TestJudge_TiesAndConstants(t *testing.T) {
	t.Parallel()
	same, slower := constant(serving.Canary, 60, 0.2), constant(serving.Canary, 60, 0.3)
	baseline := constant(serving.Baseline, 60, 0.2)
	require.Equal(t, serving.VerdictPass, judge.Judge(judge.Config{Strict: true}, nil, same, &baseline).Verdict)
	j := judge.Judge(judge.Config{}, nil, slower, &baseline)
	require.Equal(t, serving.VerdictFail, j.Verdict, "ties must not hide a shift (Kayenta 6278)")
}

func TestJudge_NotANumber_IsNotMeasured(t *testing.T) {
	t.Parallel()
	canary, baseline := constant(serving.Canary, 60, math.NaN()), constant(serving.Baseline, 60, 0.2)
	j := judge.Judge(judge.DefaultConfig(), []serving.Objective{ttftObjective}, canary, &baseline)
	require.Equal(t, serving.VerdictInsufficientData, j.Verdict)
	_, err := json.Marshal(j)
	require.NoError(t, err)
}

func TestJudge_DifferenceNobodyFeels_Passes(t *testing.T) {
	t.Parallel()
	canary, baseline := constant(serving.Canary, 100, 0.0016), constant(serving.Baseline, 100, 0.001)
	j := judge.Judge(judge.DefaultConfig(), []serving.Objective{ttftObjective}, canary, &baseline)
	require.Equal(t, serving.VerdictPass, j.Verdict)
	require.Contains(t, checkOf(j, "quantile-ratio", serving.MetricTTFT).Text, "worse by less than 0.001 s")
}

func TestJudge_UnresolvedRatio(t *testing.T) {
	t.Parallel()
	// Equal arms with a wide spread: nothing speaks against the canary, but 60
	// samples cannot show that it is within 15%.
	r := random(12)
	canary, baseline := arm(r, serving.Canary, traffic{n: 60, slower: 1}), arm(r, serving.Baseline, traffic{n: 60, slower: 1})
	strict := judge.Config{Strict: true}

	j := judge.Judge(strict, []serving.Objective{ttftObjective}, canary, &baseline)
	require.Equal(t, serving.VerdictInconclusive, j.Verdict)
	j = judge.Judge(judge.Config{}, nil, canary, &baseline)
	require.Equal(t, serving.VerdictInconclusive, j.Verdict, "without any objective there is nothing else to go by")

	j = judge.Judge(judge.Config{}, []serving.Objective{ttftObjective}, canary, &baseline)
	require.Equal(t, serving.VerdictPass, j.Verdict, j.Reason)
	require.Contains(t, checkOf(j, "quantile-ratio", serving.MetricTTFT).Text, "the objective is met with confidence")
	require.Contains(t, checkOf(j, "quantile-ratio", serving.MetricE2E).Text, "no objective is stated on it")

	tight := ttftObjective
	tight.Threshold = j.Canary.TTFT.P95Seconds * 1.02
	j = judge.Judge(judge.Config{}, []serving.Objective{tight}, canary, &baseline)
	require.Equal(t, serving.VerdictInconclusive, j.Verdict, "an objective that is barely met settles nothing")
}

func TestJudge_UnequalLoads_AreMentioned(t *testing.T) {
	t.Parallel()
	r := random(5)
	canary, stable := arm(r, serving.Canary, traffic{n: 100, slower: 1}), arm(r, serving.Stable, traffic{n: 600, slower: 1})
	stable.Replicas = 2
	j := judge.Judge(judge.DefaultConfig(), chatObjectives, canary, &stable)
	require.Equal(t, "stable", j.ComparedWith)
	require.Contains(t, checkOf(j, "quantile-ratio", serving.MetricTTFT).Text, "at unequal loads of 1.67 and 5 requests/s a replica")
	stable.Replicas = 6
	j = judge.Judge(judge.DefaultConfig(), chatObjectives, canary, &stable)
	require.NotContains(t, checkOf(j, "quantile-ratio", serving.MetricTTFT).Text, "unequal")
}

func TestJudge_SameInput_SameVerdict(t *testing.T) {
	t.Parallel()
	r := random(6)
	canary, baseline := arm(r, serving.Canary, traffic{n: 120, slower: 1.1}), arm(r, serving.Baseline, traffic{n: 120, slower: 1})
	first := judge.Judge(judge.DefaultConfig(), chatObjectives, canary, &baseline)
	require.Equal(t, first, judge.Judge(judge.DefaultConfig(), chatObjectives, canary, &baseline))
}

func TestJudge_LeavesTheSamplesAsTheyAre(t *testing.T) {
	t.Parallel()
	canary := arm(random(7), serving.Canary, traffic{n: 80, slower: 1})
	canary.Observation.Samples[0], canary.Observation.Samples[79] = canary.Observation.Samples[79], canary.Observation.Samples[0]
	before := append([]serving.RequestSample(nil), canary.Observation.Samples...)
	judge.Judge(judge.DefaultConfig(), chatObjectives, canary, nil)
	require.Equal(t, before, canary.Observation.Samples)
}
