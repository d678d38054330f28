package judge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ladder is a measurement whose limit lies within good and bad and whose e2e p95
// is known within 10%.
func ladder(good, bad, e2e float64) serving.LadderResult {
	r := serving.LadderResult{MaxGood: good, Reference: serving.LoadResult{Requests: 1000, OutputTokensPerSecond: good * 100,
		E2E: serving.LatencySummary{Count: 1000, P95Seconds: e2e, P95Low: e2e * .9, P95High: e2e * 1.1}}}
	if bad > 0 {
		r.MinBad = serving.Known(bad)
	}
	return r
}

func found(list []serving.ComparedMetric) map[string]serving.ComparedMetric {
	out := map[string]serving.ComparedMetric{}
	for _, m := range list {
		out[m.Metric] = m
	}
	return out
}

func compareLoads(a, b []serving.LadderResult) map[string]serving.ComparedMetric {
	return found(judge.CompareLoads(a, b, judge.DefaultReplicateConfig()))
}

func TestCompareLoads_SingleMeasurements_AreHeldByTheirBounds(t *testing.T) {
	t.Parallel()
	m := compareLoads([]serving.LadderResult{ladder(4, 5, 2)}, []serving.LadderResult{ladder(8, 10, 1)})

	require.Equal(t, serving.FindingBetter, m["max_good_rps"].Finding)
	require.InDelta(t, 8.0/5, m["max_good_rps"].Low.Or(0), 1e-9, "the rate that B kept over the one that A is known to break at")
	require.InDelta(t, 10.0/4, m["max_good_rps"].High.Or(0), 1e-9)
	require.Equal(t, serving.FindingBetter, m["e2e_p95_seconds"].Finding)
	require.InDelta(t, 1.1/1.8, m["e2e_p95_seconds"].High.Or(0), 1e-9)
	require.Equal(t, serving.FindingNoData, m["output_tokens_per_second"].Finding, "one mean has no bounds")
	require.Equal(t, serving.FindingNoData, m["ttft_p95_seconds"].Finding, "it was not measured")
}

func TestCompareLoads_OverlappingBounds_ShowNothing(t *testing.T) {
	t.Parallel()
	m := compareLoads([]serving.LadderResult{ladder(4, 5, 2)}, []serving.LadderResult{ladder(4.5, 6, 1.9)})
	require.Equal(t, serving.FindingUnshown, m["max_good_rps"].Finding)
	require.Equal(t, serving.FindingUnshown, m["e2e_p95_seconds"].Finding)
	require.Contains(t, m["e2e_p95_seconds"].Reason, "no difference is shown")
}

// A limit that was never reached bounds a side only from below.
func TestCompareLoads_NoRateFailed_HasNoUpperBound(t *testing.T) {
	t.Parallel()
	m := compareLoads([]serving.LadderResult{ladder(4, 0, 2)}, []serving.LadderResult{ladder(8, 0, 2)})
	require.Equal(t, serving.FindingNoData, m["max_good_rps"].Finding)
	m = compareLoads([]serving.LadderResult{ladder(4, 5, 2)}, []serving.LadderResult{ladder(8, 0, 2)})
	require.Equal(t, serving.FindingBetter, m["max_good_rps"].Finding)
	require.False(t, m["max_good_rps"].High.IsKnown())
}

func TestCompareLoads_Replicates_AreTested(t *testing.T) {
	t.Parallel()
	a := []serving.LadderResult{ladder(4, 5, 2), ladder(4.1, 5, 2.02), ladder(3.9, 5, 1.98)}
	b := []serving.LadderResult{ladder(8, 10, 4), ladder(8.2, 10, 4.1), ladder(7.9, 10, 3.9)}
	m := compareLoads(a, b)
	require.Equal(t, serving.FindingBetter, m["max_good_rps"].Finding)
	require.Equal(t, serving.FindingWorse, m["e2e_p95_seconds"].Finding)
	require.Less(t, m["e2e_p95_seconds"].P.Or(1), .01)
	require.InDelta(t, 2, m["e2e_p95_seconds"].Ratio.Or(0), .05)
	require.Contains(t, m["max_good_rps"].Method, "Welch")
}

func TestCompareLoads_UnstableReplicates_GiveNoFinding(t *testing.T) {
	t.Parallel()
	a := []serving.LadderResult{ladder(4, 5, 1), ladder(4, 5, 9), ladder(4, 5, 3)}
	b := []serving.LadderResult{ladder(8, 9, 1), ladder(8, 9, 1), ladder(8, 9, 1)}
	m := compareLoads(a, b)["e2e_p95_seconds"]
	require.Equal(t, serving.FindingNoData, m.Finding)
	require.NotEmpty(t, m.Reason)
}

func TestCompareLoads_Errors_ArePooled(t *testing.T) {
	t.Parallel()
	failing := ladder(4, 5, 2)
	failing.Reference.Errors = 60
	m := compareLoads([]serving.LadderResult{ladder(4, 5, 2)}, []serving.LadderResult{failing})["error_rate"]
	require.Equal(t, serving.FindingWorse, m.Finding)
	require.InDelta(t, .06, m.Ratio.Or(0), 1e-9)
	require.Positive(t, m.Low.Or(0))
	require.Equal(t, serving.FindingBetter, compareLoads([]serving.LadderResult{failing}, []serving.LadderResult{ladder(4, 5, 2)})["error_rate"].Finding)
	require.Equal(t, serving.FindingUnshown, compareLoads([]serving.LadderResult{ladder(4, 5, 2)}, []serving.LadderResult{ladder(4, 5, 2)})["error_rate"].Finding)
}

func TestCompareLoads_InvalidLoads_SayNothing(t *testing.T) {
	t.Parallel()
	bad := ladder(8, 9, 1)
	bad.Reference.Invalid = "the generator was late"
	for _, m := range judge.CompareLoads([]serving.LadderResult{ladder(4, 5, 2)}, []serving.LadderResult{bad}, judge.ReplicateConfig{}) {
		require.Equal(t, serving.FindingNoData, m.Finding, m.Metric)
		require.NotEmpty(t, m.Reason, m.Metric)
	}
}
