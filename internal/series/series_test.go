package series_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// snapshot saw fast and slow requests in a window of seconds.
func snapshot(seconds, fast, slow float64) serving.SnapshotRecord {
	h := &serving.Histogram{Bounds: []float64{.1, 1, 10}, Counts: []float64{fast, fast, fast + slow}, Count: fast + slow, Sum: fast*.0625 + slow*5}
	return serving.SnapshotRecord{TakenAt: noon, Snapshot: serving.Snapshot{
		WindowSeconds: seconds, TTFT: h, E2E: h, TPOT: h,
		FinishedByReason: map[string]float64{"stop": fast + slow}, Errors: serving.Known(slow),
		GenerationTokens: serving.Known(10 * (fast + slow)), Preemptions: serving.Known(slow),
		PrefixQueryTokens: serving.Known(100), PrefixHitTokens: serving.Known(fast),
		Running: serving.Known(fast), Waiting: serving.Known(slow), KVUsage: serving.Known(.5), KVUsageMax: serving.Known(.75),
	}}
}

func read(t require.TestingT, name string, r series.Rollup) series.Value {
	m, err := series.Lookup(name)
	require.NoError(t, err)
	return m.Of(r)
}

func TestMerge_Percentile_IsThatOfAllRequestsAndNoMean(t *testing.T) {
	t.Parallel()
	// 980 fast requests in one minute, 20 slow ones in the next: the p95 of all is
	// fast, the mean of both minutes' p95 would be seconds.
	quiet, bad := series.Of(snapshot(60, 980, 0)), series.Of(snapshot(60, 0, 20))
	hour := series.Merge(noon, quiet, bad)
	require.Less(t, read(t, "ttft_p95_seconds", hour).Or(9), .1)
	require.Greater(t, read(t, "ttft_p95_seconds", bad).Or(0), 1.0)
	require.Greater(t, read(t, "ttft_p99_seconds", hour).Or(0), 1.0)
	require.Equal(t, 2, hour.Snapshots)
	require.Equal(t, noon, hour.At)
}

func TestMerge_RatesAndGauges_AreWeightedByTime(t *testing.T) {
	t.Parallel()
	long, short := series.Of(snapshot(90, 100, 0)), series.Of(snapshot(10, 0, 100))
	both := series.Merge(noon, long, short)
	require.InDelta(t, 2, read(t, "requests_per_second", both).Or(0), 1e-9, "200 in 100 s")
	require.InDelta(t, 90, read(t, "running", both).Or(0), 1e-9)
	require.InDelta(t, 10, read(t, "waiting", both).Or(0), 1e-9)
	require.InDelta(t, 100, read(t, "waiting", both).Max.Or(0), 1e-9)
	require.InDelta(t, .75, read(t, "kv_usage", both).Max.Or(0), 1e-9, "of any reading")
	require.InDelta(t, 100.0/300, read(t, "error_rate", both).Or(0), 1e-9, "what was refused comes on top of what finished")
	require.InDelta(t, .5, read(t, "prefix_hit_rate", both).Or(0), 1e-9)
	require.InDelta(t, 1, read(t, "preemptions_per_second", both).Or(0), 1e-9)
	require.InDelta(t, 20, read(t, "generation_tokens_per_second", both).Or(0), 1e-9)
}

func TestOf_NothingMeasured_IsNullEverywhere(t *testing.T) {
	t.Parallel()
	empty := series.Of(serving.SnapshotRecord{TakenAt: noon, Snapshot: serving.Snapshot{WindowSeconds: 5, TTFT: &serving.Histogram{}}})
	for _, m := range series.Metrics() {
		require.False(t, m.Of(empty).IsKnown(), m.Name)
		require.False(t, m.Of(series.Rollup{}).IsKnown(), m.Name)
		require.False(t, m.Of(empty).Max.IsKnown(), m.Name)
	}
}

func TestMerge_SnapshotWithoutAQuantity_DoesNotDiluteIt(t *testing.T) {
	t.Parallel()
	silent := series.Of(serving.SnapshotRecord{Snapshot: serving.Snapshot{WindowSeconds: 600}})
	both := series.Merge(noon, silent, series.Of(snapshot(10, 20, 0)))
	require.InDelta(t, 2, read(t, "requests_per_second", both).Or(0), 1e-9)
	require.InDelta(t, 20, read(t, "running", both).Or(0), 1e-9)
	require.InDelta(t, 610, both.Seconds, 1e-9)
}

func TestOf_SingleReading_KeepsItsGauges(t *testing.T) {
	t.Parallel()
	got := series.Of(serving.SnapshotRecord{Snapshot: serving.Snapshot{Running: serving.Known(4), Preemptions: serving.Known(2)}})
	require.Equal(t, 4.0, read(t, "running", got).Or(0))
	require.False(t, read(t, "preemptions_per_second", got).IsKnown(), "an increase over no time has no rate")
}

func TestMetric_BeyondTheLastBucket_IsAtLeast(t *testing.T) {
	t.Parallel()
	h := &serving.Histogram{Bounds: []float64{1}, Counts: []float64{10}, Count: 100, Sum: 500}
	got := read(t, "e2e_p95_seconds", series.Of(serving.SnapshotRecord{Snapshot: serving.Snapshot{E2E: h}}))
	require.True(t, got.AtLeast)
	require.Equal(t, 1.0, got.Or(0))
}

func TestMetric_NoGapsBetweenTokens_TheMeanByRequestStandsIn(t *testing.T) {
	t.Parallel()
	require.True(t, read(t, "itl_p95_seconds", series.Of(snapshot(10, 20, 0))).IsKnown(), "TPOT is measured")
}

func TestMerge_OtherBuckets_AreBroughtToTheSharedOnes(t *testing.T) {
	t.Parallel()
	a := series.Rollup{E2E: &serving.Histogram{Bounds: []float64{1, 2, 4}, Counts: []float64{1, 2, 4}, Count: 4, Sum: 8}}
	b := series.Rollup{E2E: &serving.Histogram{Bounds: []float64{1, 3, 4}, Counts: []float64{10, 20, 30}, Count: 40, Sum: 90}}
	require.Equal(t, &serving.Histogram{Bounds: []float64{1, 4}, Counts: []float64{11, 34}, Count: 44, Sum: 98}, series.Merge(noon, a, b).E2E)
	c := series.Rollup{E2E: &serving.Histogram{Bounds: []float64{.5}, Counts: []float64{1}, Count: 2, Sum: 1}}
	apart := series.Merge(noon, a, c)
	require.Equal(t, 6.0, apart.E2E.Count)
	require.False(t, read(t, "e2e_p95_seconds", apart).IsKnown(), "no shared bound, no quantile")
	require.Equal(t, []float64{1, 2, 4}, a.E2E.Counts, "what is merged stays as it is")
}

func TestMerge_InPartsOrAtOnce_IsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		list := make([]series.Rollup, n)
		for i := range list {
			whole := func(name string) float64 { return float64(rapid.IntRange(0, 50).Draw(t, name)) }
			list[i] = series.Of(snapshot(whole("seconds"), whole("fast"), whole("slow")))
		}
		cut := rapid.IntRange(0, n).Draw(t, "cut")
		parts := series.Merge(noon, series.Merge(noon, list[:cut]...), series.Merge(noon, list[cut:]...))
		require.Equal(t, series.Merge(noon, list...), parts)
		slices.Reverse(list)
		require.Equal(t, parts, series.Merge(noon, list...))
	})
}

func TestRollup_KeptAsJSON_IsTheSame(t *testing.T) {
	t.Parallel()
	want := series.Merge(noon, series.Of(snapshot(5, 3, 4)), series.Of(snapshot(5, 1, 0)))
	text, err := json.Marshal(want)
	require.NoError(t, err)
	var got series.Rollup
	require.NoError(t, json.Unmarshal(text, &got))
	require.Equal(t, want, got)
}

func TestMetrics_HaveNamesUnitsAndDirections(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range series.Metrics() {
		require.NotEmpty(t, m.Unit, m.Name)
		require.Contains(t, []series.Better{series.Lower, series.Higher, series.Neither}, m.Better, m.Name)
		require.False(t, seen[m.Name], m.Name)
		seen[m.Name] = true
	}
	_, err := series.Lookup("latency")
	require.ErrorContains(t, err, "ttft_p95_seconds")
}

func TestResolution_Names(t *testing.T) {
	t.Parallel()
	for _, r := range series.Resolutions() {
		got, err := series.ParseResolution(string(r))
		require.NoError(t, err)
		require.Equal(t, r, got)
	}
	_, err := series.ParseResolution("5m")
	require.ErrorContains(t, err, "1m")
	require.Equal(t, time.Hour, series.Hour.Length())
	require.Zero(t, series.Raw.Length())
}
