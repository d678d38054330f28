package activities_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// counting is a watch that counts at every tick.
func counting() activities.WatchFleetInput {
	in := watchInput()
	in.CountSeconds = 0.001
	return in
}

// recent are tallies of the fleet's objective on a variant in the last minutes.
func recent(v serving.Variant, minutes int, good, bad float64) []slo.Tally {
	var out []slo.Tally
	for i := range minutes {
		start := time.Now().Truncate(time.Minute).Add(-time.Duration(i) * time.Minute)
		out = append(out, slo.Tally{Variant: v, Indicator: slo.Indicator(chat.SLOs[0]), Bucket: slo.Bucket{StartUnix: float64(start.Unix()), Seconds: 60, Good: good, Bad: bad}})
	}
	return out
}

func TestWatchFleet_CountsEachRequestOnce_FromWhereItWasCountedBefore(t *testing.T) {
	t.Parallel()
	p := &production{looks: []look{{serving.AllStable(1), []serving.ArmObservation{arm(serving.Stable, 30, 0.2)}}}}
	began := time.Now().Add(-20 * time.Second).Truncate(time.Millisecond)
	p.book.until = began
	in := counting()
	in.CountSeconds = 3600 // once
	_, err := runWatch(t, p, in)
	require.NoError(t, err)
	require.Len(t, p.book.spans, 1)
	require.Equal(t, began, p.book.spans[0][0])
	require.WithinDuration(t, time.Now().Add(-time.Second), p.book.spans[0][1], 5*time.Second)
	require.Less(t, p.book.spans[0][1], time.Now().Add(-900*time.Millisecond), "what just ended may not be listed yet")
	require.NotEmpty(t, p.book.counts)
	require.Equal(t, slo.Indicator(chat.SLOs[0]), p.book.counts[0].Indicator)
	good := 0.0
	for _, c := range p.book.counts {
		good += c.Good
	}
	require.InDelta(t, 30, good, 0)
	require.Contains(t, p.observed, [2]float64{float64(began.UnixMicro()) / 1e6, float64(p.book.spans[0][1].UnixMicro()) / 1e6})
}

func TestWatchFleet_AfterALongAbsence_CountsWhatTheRouterStillKnows(t *testing.T) {
	t.Parallel()
	p := &production{}
	p.book.until = time.Now().Add(-10 * time.Hour)
	_, err := runWatch(t, p, counting())
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(-301*time.Second), p.book.spans[0][0], 10*time.Second)
	for i := 1; i < len(p.book.spans); i++ {
		require.Equal(t, p.book.spans[i-1][1], p.book.spans[i][0], "no gap and no overlap")
	}
}

func TestWatchFleet_BudgetBurns_OpensOneViolationOfEachSeverity(t *testing.T) {
	t.Parallel()
	p := &production{looks: []look{{serving.AllStable(1), []serving.ArmObservation{arm(serving.Stable, 30, 0.2)}}}}
	p.book.tallies = recent(serving.Stable, 90, 2, 38)
	out, err := runWatch(t, p, counting())
	require.NoError(t, err)
	require.Len(t, out.Opened, 2)
	require.Equal(t, "chat|stable|ttft-p95|burn-page", out.Opened[0].ID)
	require.Equal(t, "chat|stable|ttft-p95|burn-ticket", out.Opened[1].ID)
	require.WithinDuration(t, time.Now().Add(-30*24*time.Hour), p.book.asked[0], time.Minute, "the whole window is read")

	in := counting()
	in.Open = out.Opened
	again, err := runWatch(t, p, in)
	require.NoError(t, err)
	require.Empty(t, again.Opened)
	require.Empty(t, again.Resolved)
	require.Positive(t, p.book.looks["chat|stable|ttft-p95|burn-page"], "it is still there")
}

func TestWatchFleet_CanaryBurns_IsSeenOnItsShortWindows(t *testing.T) {
	t.Parallel()
	p := &production{open: true, looks: []look{{canarySplit, []serving.ArmObservation{arm(serving.Canary, 5, 0.2)}}}}
	p.book.tallies = recent(serving.Canary, 6, 0, 30)
	out, err := runWatch(t, p, counting())
	require.NoError(t, err)
	require.Len(t, out.Opened, 1)
	require.Equal(t, serving.Canary, out.Opened[0].Variant)
	require.Equal(t, serving.AlertPage, out.Opened[0].Severity)

	gone := &production{}
	in := counting()
	in.Open = out.Opened
	over, err := runWatch(t, gone, in)
	require.NoError(t, err)
	require.Len(t, over.Resolved, 1, "it gets no traffic any more")
}

func TestWatchFleet_BurningThatCannotBeJudged_IsNotOver(t *testing.T) {
	t.Parallel()
	in := counting()
	in.Open = []serving.Violation{{ID: "x", Kind: "burn-page", Severity: serving.AlertPage, Variant: serving.Stable, SLO: "ttft-p95"}}
	out, err := runWatch(t, &production{}, in)
	require.NoError(t, err)
	require.Empty(t, out.Resolved)
}

func TestWatchFleet_BurningOfAnObjectiveThatIsGone_IsOver(t *testing.T) {
	t.Parallel()
	in := counting()
	in.Open = []serving.Violation{{ID: "x", Kind: "burn-page", Severity: serving.AlertPage, Variant: serving.Stable, SLO: "removed"}}
	out, err := runWatch(t, &production{}, in)
	require.NoError(t, err)
	require.Len(t, out.Resolved, 1)
}

func TestWatchFleet_StoreAway_GoesOnWatching(t *testing.T) {
	t.Parallel()
	p := &production{open: true, looks: []look{{canarySplit, []serving.ArmObservation{arm(serving.Canary, 20, 5)}}}}
	p.book.err = errors.New("no database")
	out, err := runWatch(t, p, counting())
	require.NoError(t, err)
	require.Len(t, out.Opened, 1, "the breach is seen all the same")
}

func TestWatchFleet_OpenBreach_IsSightedWithItsLooks(t *testing.T) {
	t.Parallel()
	p := &production{looks: []look{{serving.AllStable(1), []serving.ArmObservation{arm(serving.Stable, 50, 5)}}}}
	in := counting()
	in.Open = []serving.Violation{{ID: "chat|stable|ttft-p95", Variant: serving.Stable, SLO: "ttft-p95"}}
	out, err := runWatch(t, p, in)
	require.NoError(t, err)
	require.Empty(t, out.Opened)
	require.Positive(t, p.book.looks["chat|stable|ttft-p95"])
	require.LessOrEqual(t, p.book.looks["chat|stable|ttft-p95"], out.Ticks)
}

func TestWatchFleet_RouterWithoutSamples_CountsWhatTheTotalsRoseByAndNoMore(t *testing.T) {
	t.Parallel()
	p := unsampled(serving.ArmCounters{Requests: 100, Failed: 2})
	in := errorsInput()
	in.CountSeconds = 0.001
	_, err := runWatch(t, p, in)
	require.NoError(t, err)
	require.NotEmpty(t, p.book.counts)
	counted := 0.0
	for _, c := range p.book.counts {
		require.Equal(t, serving.Stable, c.Variant)
		require.Equal(t, slo.Indicator(in.Fleet.SLOs[0]), c.Indicator)
		require.Positive(t, c.Bad)
		require.InDelta(t, 49*c.Bad, c.Good, 1e-9) // of some looks, where ticks come late
		counted += c.Good + c.Bad
	}
	require.LessOrEqual(t, counted, 100*float64(p.tick-1), "what was counted before the watch is not counted")
	for i := 1; i < len(p.book.spans); i++ {
		require.Equal(t, p.book.spans[i-1][1], p.book.spans[i][0], "no gap and no overlap")
	}
}

func TestWatchFleet_RouterWithoutSamples_CountsLatenciesByTheEngines(t *testing.T) {
	t.Parallel()
	p := unsampled(serving.ArmCounters{Requests: 100})
	p.ttft = func(read int) *serving.Histogram { // of 50 more at each look 10 miss the objective
		n := float64(read)
		return &serving.Histogram{Bounds: []float64{0.5, 1, 4, 8}, Counts: []float64{40 * n, 0, 0, 10 * n}, Count: 50 * n, Sum: 80 * n}
	}
	in := watchInput()
	in.CountSeconds = 0.001
	_, err := runWatch(t, p, in)
	require.NoError(t, err)
	require.NotEmpty(t, p.book.counts)
	require.Positive(t, p.book.counts[0].Bad)
	require.InDelta(t, 4*p.book.counts[0].Bad, p.book.counts[0].Good, 1e-9)
}

func TestWatchFleet_RouterWithoutSamplesThatBeganAnew_CountsNothingOfThatTime(t *testing.T) {
	t.Parallel()
	p := unsampled(serving.ArmCounters{Requests: -100, Failed: 2})
	in := errorsInput()
	in.CountSeconds = 0.001
	_, err := runWatch(t, p, in)
	require.NoError(t, err)
	require.Empty(t, p.book.counts)
}
