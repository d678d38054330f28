package slo_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// minute is a count of one minute.
func minute(o serving.Objective, start, good, bad float64) slo.Count {
	return slo.Count{Variant: serving.Canary, Indicator: slo.Indicator(o), AllowedShare: o.AllowedShare(),
		Bucket: slo.Bucket{StartUnix: start, Seconds: 60, Good: good, Bad: bad}}
}

func TestCountRequests_CountsAgainstTheThresholdByMinute(t *testing.T) {
	t.Parallel()
	arm := requests(10, 3, 2)
	arm.Variant = serving.Canary
	for i := range arm.Samples {
		arm.Samples[i].EndedUnix = 119
	}
	arm.Samples[9].EndedUnix = 120
	arm.Samples[0].Failed, arm.Samples[0].TTFTSeconds = true, serving.Unknown()
	slow := 0.0
	if arm.Samples[9].TTFTSeconds.Or(0) > ttft.Threshold {
		slow = 1
	}
	got := slo.CountRequests([]serving.Objective{ttft}, arm)
	require.Len(t, got, 2)
	require.Equal(t, []float64{60, 120}, []float64{got[0].StartUnix, got[1].StartUnix})
	require.InDelta(t, 4, got[0].Bad+got[1].Bad, 0, "three slow ones, and one that failed")
	require.InDelta(t, 6, got[0].Good+got[1].Good, 0)
	require.InDelta(t, slow, got[1].Bad, 0)
	require.Equal(t, []slo.Count{minute(errors, 60, 8, 1), minute(errors, 120, 1, 0)}, slo.CountRequests([]serving.Objective{errors}, arm))
}

func TestCountRequests_UnmeasuredLatency_IsNeitherGoodNorBad(t *testing.T) {
	t.Parallel()
	require.Empty(t, slo.CountRequests([]serving.Objective{itl}, requests(10, 0, 0)), "no gaps were measured")
	require.Empty(t, slo.CountRequests([]serving.Objective{ttft}, serving.ArmObservation{}))
}

func TestCountRequests_RouterKeptSomeOfThem_TheyStandForAll(t *testing.T) {
	t.Parallel()
	arm := requests(10, 5, 2)
	arm.Requests = 40
	got := slo.CountRequests([]serving.Objective{ttft}, arm)
	sum := slo.Bucket{}
	for _, c := range got {
		sum.Good, sum.Bad = sum.Good+c.Good, sum.Bad+c.Bad
	}
	require.InDelta(t, 20, sum.Good, 1e-9)
	require.InDelta(t, 20, sum.Bad, 1e-9)
}

func TestCountRequests_TwoObjectivesOfOneIndicator_CountOnce(t *testing.T) {
	t.Parallel()
	strict := ttft
	strict.Name, strict.Target, strict.WindowDays = "strict", 0.999, 7
	require.Len(t, slo.CountRequests([]serving.Objective{ttft, strict}, requests(10, 0, 0)), 1)
}

func TestIndicator_ThresholdAndQuantileMakeIt_NameAndWindowDoNot(t *testing.T) {
	t.Parallel()
	renamed, tighter := ttft, ttft
	renamed.Name, renamed.WindowDays = "other", 7
	tighter.Threshold /= 2
	require.Equal(t, slo.Indicator(ttft), slo.Indicator(renamed))
	require.NotEqual(t, slo.Indicator(ttft), slo.Indicator(tighter))
	require.NotEqual(t, slo.Indicator(errors), slo.Indicator(ttft))
}

func TestCountSnapshot_CountsFromTheEnginesOwnHistograms(t *testing.T) {
	t.Parallel()
	snap := serving.Snapshot{Variant: serving.Canary, EndUnix: 185, TTFT: histogram([]float64{0.5, 1, 2}, 70, 20, 10)}
	require.Equal(t, []slo.Count{minute(ttft, 180, 90, 10)}, slo.CountSnapshot([]serving.Objective{ttft, itl, errors}, snap))
	hidden := ttft
	hidden.Threshold = 5
	snap.TTFT.Count += 3 // beyond the last bucket
	require.Empty(t, slo.CountSnapshot([]serving.Objective{hidden}, snap), "an answer that the buckets hide is no count")
}

func TestMinute_IsBrokenBeyondChanceOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ good, bad, kept, broken float64 }{
		{0, 0, 0, 0}, {100, 0, 1, 0}, {95, 5, 1, 0}, {80, 20, 0, 1}, {0, 3, 0, 1}, {10, 1, 1, 0},
	} {
		kept, broken := slo.Minute(c.good, c.bad, 0.05)
		require.Equal(t, []float64{c.kept, c.broken}, []float64{kept, broken}, "%+v", c)
	}
}

func TestSeriesOf_ABudgetOfTime_CountsMinutes(t *testing.T) {
	t.Parallel()
	byTime := ttft
	byTime.Target = 0.999
	tallies := []slo.Tally{
		{Variant: serving.Stable, Indicator: slo.Indicator(ttft), GoodMinutes: 50, BadMinutes: 2, Bucket: slo.Bucket{StartUnix: 3600, Seconds: 3600, Good: 900, Bad: 100}},
		{Variant: serving.Stable, Indicator: slo.Indicator(ttft), GoodMinutes: 60, Bucket: slo.Bucket{Seconds: 3600, Good: 1000}},
		{Variant: serving.Canary, Indicator: slo.Indicator(ttft), BadMinutes: 9, Bucket: slo.Bucket{Seconds: 60, Bad: 9}},
		{Variant: serving.Stable, Indicator: slo.Indicator(errors), BadMinutes: 9, Bucket: slo.Bucket{Seconds: 60, Bad: 9}},
	}
	require.Equal(t, []slo.Bucket{{Seconds: 3600, Good: 60}, {StartUnix: 3600, Seconds: 3600, Good: 50, Bad: 2}}, slo.SeriesOf(byTime, serving.Stable, tallies))
	require.Equal(t, []slo.Bucket{{Seconds: 3600, Good: 1000}, {StartUnix: 3600, Seconds: 3600, Good: 900, Bad: 100}}, slo.SeriesOf(ttft, serving.Stable, tallies))
}

func TestCounted_ABucketThatReachesIntoTheWindow_Counts(t *testing.T) {
	t.Parallel()
	series := []slo.Bucket{{StartUnix: 0, Seconds: 60, Bad: 1}, {StartUnix: 60, Seconds: 60, Bad: 2}}
	require.InDelta(t, 2, slo.Counted(series, 30, 120).Bad, 0)
	require.InDelta(t, 3, slo.Counted(series, 61, 120).Bad, 0)
	require.Zero(t, slo.Counted(series, 30, 59).Bad-1, "what begins later is not counted")
}

func TestReport_AnyTallies_BudgetAndBurnsNeverContradict(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var tallies []slo.Tally
		for i := range rapid.IntRange(0, 30).Draw(t, "n") {
			tallies = append(tallies, slo.Tally{Variant: serving.Stable, Indicator: slo.Indicator(ttft), Bucket: slo.Bucket{
				StartUnix: float64(i) * 60, Seconds: 60, Good: float64(rapid.IntRange(0, 50).Draw(t, "good")), Bad: float64(rapid.IntRange(0, 50).Draw(t, "bad"))}})
		}
		r := slo.ReportOf(ttft, serving.Stable, tallies, 1800)
		require.Equal(t, r.Budget.NoData, !r.Budget.Remaining.IsKnown())
		for i := 1; i < len(r.Burns); i++ {
			require.GreaterOrEqual(t, r.Burns[i].Bad, r.Burns[i-1].Bad)
			require.Greater(t, r.Burns[i].WindowSeconds, r.Burns[i-1].WindowSeconds)
		}
		for _, v := range slo.BurnViolations([]slo.Report{r}, "chat", 1800) {
			require.Greater(t, v.Observed, 0.0)
			require.GreaterOrEqual(t, v.Observed, v.Threshold)
		}
	})
}
