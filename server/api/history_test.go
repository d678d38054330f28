package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/trend"
	"github.com/optiinfra/performance-agent/server/api"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// measured has a snapshot a minute for the minutes before noon, which is now;
// the number of waiting requests is a function of the minute.
func measured(t *testing.T, minutes int, waiting func(i int) float64) *harness {
	h := newHarness(t, func(d *api.Deps, _ *api.Config) { d.Now = func() time.Time { return noon } }).withFleet()
	for i := range minutes {
		n := float64(20 + i%3)
		latency := &serving.Histogram{Bounds: []float64{.1, 1}, Counts: []float64{n / 2, n}, Count: n, Sum: n / 2}
		h.store.snapshots = append(h.store.snapshots, serving.SnapshotRecord{
			ID: int64(i + 1), Fleet: "chat", Variant: serving.Stable, TakenAt: noon.Add(time.Duration(i-minutes) * time.Minute),
			Snapshot: serving.Snapshot{WindowSeconds: 5, TTFT: latency, Waiting: serving.Known(waiting(i))}})
	}
	return h
}

func steadily(i int) float64 { return 10 + float64(i) }

const chatMetrics = "/api/v1/fleets/chat/metrics"

func TestHistory_Series_HavePointsInOrderAndNullWhereNothingWasMeasured(t *testing.T) {
	t.Parallel()
	h := measured(t, 60, steadily)
	h.store.snapshots[7].Snapshot.Waiting = serving.Unknown()
	var out api.HistoryAnswer
	r := h.do(http.MethodGet, chatMetrics+"/history?metric=waiting,ttft_p95_seconds&from=2026-11-20T11:00:00Z", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	r.into(&out)
	require.Contains(t, r.Body.String(), `"items":[]`)
	require.Equal(t, series.Raw, out.Resolution)
	require.Equal(t, serving.Stable, out.Variant)
	require.Equal(t, []string{"waiting", "ttft_p95_seconds"}, []string{out.Series[0].Metric, out.Series[1].Metric})
	require.Equal(t, "seconds", out.Series[1].Unit)
	waiting := out.Series[0].Points
	require.Len(t, waiting, 60)
	require.Equal(t, noon.Add(-time.Hour), waiting[0].At)
	require.Equal(t, 10.0, waiting[0].Value.Or(0))
	require.Equal(t, 10.0, *waiting[0].Max)
	require.False(t, waiting[7].Value.IsKnown())
	require.Nil(t, waiting[7].Max)
	require.Equal(t, 5.0, waiting[0].ObservedSeconds)
}

func TestHistory_NeitherMetricNorResolution_IsTheListOfSnapshots(t *testing.T) {
	t.Parallel()
	h := measured(t, 3, steadily)
	r := h.do(http.MethodGet, chatMetrics+"/history", nil)
	var page api.Page[serving.SnapshotRecord]
	r.into(&page)
	require.Len(t, page.Items, 3)
	require.NotContains(t, r.Body.String(), `"series"`)
	require.Empty(t, h.store.resolutions)
}

func TestHistory_Auto_TakesTheFinestThatIsKeptAndShortEnough(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hours float64
		kept  map[series.Resolution]time.Time
		want  series.Resolution
	}{
		"an hour":                      {1, nil, series.Raw},
		"a day":                        {24, nil, series.Minute},
		"a week":                       {168, nil, series.Hour},
		"an hour, snapshots are gone":  {1, map[series.Resolution]time.Time{series.Raw: noon.Add(-time.Minute)}, series.Minute},
		"an hour, minutes are gone":    {1, map[series.Resolution]time.Time{series.Raw: noon, series.Minute: noon}, series.Hour},
		"an hour, others are gone":     {1, map[series.Resolution]time.Time{series.Raw: noon.Add(-2 * time.Hour)}, series.Raw},
		"a day, minutes are kept less": {24, map[series.Resolution]time.Time{series.Minute: noon.Add(-time.Hour)}, series.Hour},
	} {
		h := measured(t, 1, steadily)
		h.store.kept = c.kept
		from := noon.Add(-time.Duration(c.hours * float64(time.Hour))).Format(time.RFC3339)
		var out api.HistoryAnswer
		h.do(http.MethodGet, chatMetrics+"/history?resolution=auto&from="+from, nil).into(&out)
		require.Equal(t, c.want, out.Resolution, name)
		require.Equal(t, []series.Resolution{c.want}, h.store.resolutions, name)
		require.Len(t, out.Series, len(series.Metrics()), name)
	}
}

func TestTrends_SteadyRiseOfTheQueue_IsRisingAndWorse(t *testing.T) {
	t.Parallel()
	h := measured(t, 90, steadily)
	var out api.Trends
	r := h.do(http.MethodGet, chatMetrics+"/trends?metric=waiting,itl_p95_seconds&from=2026-11-20T10:30:00Z", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	r.into(&out)
	require.Equal(t, series.Raw, out.Resolution)
	waiting, itl := out.Trends[0], out.Trends[1]
	require.Equal(t, trend.Rising, waiting.Trend.Direction, waiting.Trend.Reason)
	require.Equal(t, api.Worsened, waiting.Meaning)
	require.InDelta(t, 60, waiting.Trend.SlopePerHour.Or(0), 1e-6)
	require.Equal(t, 90, waiting.Trend.Points)
	require.Equal(t, trend.InsufficientData, itl.Trend.Direction, "it was never measured")
	require.Empty(t, itl.Meaning)
	require.Contains(t, itl.Trend.Reason, "0 points")
	require.Contains(t, r.Body.String(), `"change_points":[]`)
}

func TestTrends_OtherVariant_IsItsOwnSeries(t *testing.T) {
	t.Parallel()
	h := measured(t, 60, steadily)
	var out api.Trends
	h.do(http.MethodGet, chatMetrics+"/trends?metric=waiting&variant=canary", nil).into(&out)
	require.Equal(t, serving.Canary, out.Variant)
	require.Equal(t, trend.InsufficientData, out.Trends[0].Trend.Direction)
}

func TestCompare_StepBetweenTheWindows_IsShownWithItsInterval(t *testing.T) {
	t.Parallel()
	h := measured(t, 120, func(i int) float64 { return 40 - 30*float64(i/60) + float64(i%5) })
	var out api.WindowsComparison
	r := h.do(http.MethodGet, chatMetrics+"/compare?"+windows("10:00", "10:59", "11:00", "11:59")+"&metric=waiting", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	r.into(&out)
	c := out.Comparisons[0]
	require.Equal(t, trend.Falling, c.Comparison.Direction, c.Comparison.Reason)
	require.Equal(t, api.Improved, c.Meaning)
	require.InDelta(t, -30, c.Comparison.Difference.Or(0), 1)
	require.InDelta(t, 42, c.PooledBefore.Or(0), 1e-9)
	require.InDelta(t, 12, c.PooledAfter.Or(0), 1e-9)
	require.Equal(t, 60, c.Comparison.Before.Points)
}

// windows are four times of the day of noon.
func windows(times ...string) string {
	q := url.Values{}
	for i, name := range []string{"before_from", "before_to", "after_from", "after_to"} {
		q.Set(name, fmt.Sprintf("2026-11-20T%s:00Z", times[i]))
	}
	return q.Encode()
}

func TestSeries_Mistakes_NameTheFieldAndTheFix(t *testing.T) {
	t.Parallel()
	h := measured(t, 3, steadily)
	for path, want := range map[string][2]string{
		"/history?metric=latency":           {"query.metric[0]", "ttft_p95_seconds"},
		"/trends?metric=waiting,p95":        {"query.metric[1]", "ttft_p95_seconds"},
		"/trends?resolution=5m":             {"query.resolution", "1m"},
		"/trends?variant=blue":              {"query.variant", "stable"},
		"/trends?from=yesterday":            {"query.from", ""},
		"/trends?from=2026-11-21T00:00:00Z": {"query.from", "earlier"},
		"/history?resolution=1h&from=2026-11-20T11:00:00Z&to=2026-11-20T11:00:00Z": {"query.from", "earlier"},
		"/compare?" + windows("11:00", "10:00", "11:00", "12:00"):                  {"query.before_from", "earlier"},
		"/compare?" + windows("10:00", "11:00", "12:00", "12:00"):                  {"query.after_from", "earlier"},
		"/compare?" + windows("10:00", "11:00", "10:30", "12:00"):                  {"query.after_from", "overlap"},
		"/compare": {"query.before_from", "required"},
	} {
		r := h.do(http.MethodGet, chatMetrics+path, nil)
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, "%s: %s", path, r.Body.String())
		p := r.problem()
		require.Contains(t, fieldsOf(p), want[0], path)
		require.Contains(t, fmt.Sprint(p.Errors), want[1], path)
	}
	for _, path := range []string{"/history?resolution=1m", "/trends", "/compare?" + windows("09:00", "10:00", "10:00", "11:00")} {
		require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, "/api/v1/fleets/none/metrics"+path, nil).Code, path)
	}
}

func TestHistory_MorePointsThanOneAnswerHolds_IsRefusedWithAWayOut(t *testing.T) {
	t.Parallel()
	h := measured(t, 0, steadily)
	for i := range 10_001 {
		h.store.snapshots = append(h.store.snapshots, serving.SnapshotRecord{Fleet: "chat", Variant: serving.Stable,
			TakenAt: noon.Add(-time.Duration(i) * time.Second)})
	}
	r := h.do(http.MethodGet, chatMetrics+"/history?resolution=raw&metric=waiting", nil)
	require.Equal(t, http.StatusUnprocessableEntity, r.Code)
	require.Contains(t, r.problem().Detail, "coarser resolution")
}
