package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/trend"
	"github.com/optiinfra/performance-agent/server/api"
)

// noon ends the two hours of the test.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// synthetic is a made-up snapshot, not a measurement of any engine: the queue
// grows by 20 requests an hour, TTFT doubles in one step after an hour, the
// error rate stays, and noise is on everything.
func synthetic(at time.Time, random *rand.Rand) serving.SnapshotRecord {
	hours := at.Sub(noon.Add(-2 * time.Hour)).Hours()
	typical := 0.2
	if hours >= 1 {
		typical = 0.4
	}
	h := serving.Histogram{Bounds: []float64{.1, .15, .2, .3, .4, .5, .6, .8, 1, 1.5, 2}, Counts: make([]float64, 11)}
	for range 60 {
		v := typical * math.Exp(0.3*random.NormFloat64())
		h.Count, h.Sum = h.Count+1, h.Sum+v
		for i, b := range h.Bounds {
			if v <= b {
				h.Counts[i]++
			}
		}
	}
	return serving.SnapshotRecord{Fleet: "chat", Variant: serving.Stable, TakenAt: at, Snapshot: serving.Snapshot{
		Fleet: "chat", Variant: serving.Stable, Engine: serving.VLLM, WindowSeconds: 15, Replicas: 1, TTFT: &h,
		Waiting: serving.Known(10 + 20*hours + random.NormFloat64()), Running: serving.Known(16),
		Errors: serving.Known(float64(random.IntN(2))), FinishedByReason: map[string]float64{"stop": 60},
	}}
}

// twoHours is an API whose store holds two hours of synthetic snapshots, four a
// minute, and their roll-ups.
func twoHours(t *testing.T) string {
	t.Helper()
	clock := func() time.Time { return noon }
	db, err := store.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "agent.db"), store.WithClock(clock))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	random := rand.New(rand.NewPCG(1, 2))
	for at := noon.Add(-2 * time.Hour); at.Before(noon); at = at.Add(15 * time.Second) {
		_, err := db.AddSnapshot(context.Background(), synthetic(at, random))
		require.NoError(t, err)
	}
	done, err := db.RollUp(context.Background())
	require.NoError(t, err)
	require.Equal(t, store.RolledUp{Minutes: 120, Hours: 2}, done)
	cfg := apiDefaults()
	deps := compose(config.Server{}, cfg, db, nil, slog.New(slog.DiscardHandler))
	deps.Now = clock
	s, err := api.New(deps, cfg)
	require.NoError(t, err)
	base, stop := running(t, s)
	t.Cleanup(func() { require.NoError(t, stop()) })
	answer, body := send(t, http.MethodPost, base+"/api/v1/fleets", fleet)
	require.Equal(t, http.StatusCreated, answer.StatusCode, body)
	return base + "/api/v1/fleets/chat/metrics"
}

func read[T any](t *testing.T, url string) T {
	t.Helper()
	answer, body := send(t, http.MethodGet, url, "")
	require.Equal(t, http.StatusOK, answer.StatusCode, body)
	var out T
	require.NoError(t, json.Unmarshal([]byte(body), &out))
	return out
}

func TestServer_TwoHoursOfSyntheticSnapshots_ShowTrendStepAndDifference(t *testing.T) {
	t.Parallel()
	base := twoHours(t)

	got := read[api.Trends](t, base+"/trends?metric=waiting,ttft_p95_seconds,error_rate,running,itl_p95_seconds")
	require.Equal(t, series.Minute, got.Resolution, "of the last 24 hours")
	waiting, ttft, errors, running, itl := got.Trends[0], got.Trends[1], got.Trends[2], got.Trends[3], got.Trends[4]
	require.Equal(t, trend.Rising, waiting.Trend.Direction, waiting.Trend.Reason)
	require.LessOrEqual(t, waiting.Trend.SlopePerHourLow.Or(99), 20.0)
	require.GreaterOrEqual(t, waiting.Trend.SlopePerHourHigh.Or(0), 20.0)
	require.Equal(t, trend.Straight, waiting.Trend.Shape)
	require.Equal(t, 120, waiting.Trend.Points)
	require.Equal(t, trend.Rising, ttft.Trend.Direction, ttft.Trend.Reason)
	require.Equal(t, api.Worsened, ttft.Meaning)
	require.Len(t, ttft.Trend.ChangePoints, 1)
	step := ttft.Trend.ChangePoints[0]
	require.InDelta(t, float64(noon.Add(-time.Hour).Unix()), step.AtUnix, 120)
	require.InDelta(t, 1, step.RelativeChange.Or(0), 0.35, "it doubled, as far as the buckets tell")
	require.Equal(t, trend.Flat, errors.Trend.Direction, errors.Trend.Reason)
	require.Equal(t, trend.Flat, running.Trend.Direction)
	require.Equal(t, trend.InsufficientData, itl.Trend.Direction)

	windows := "/compare?before_from=2026-11-20T10:00:00Z&before_to=2026-11-20T10:59:00Z&after_from=2026-11-20T11:00:00Z&after_to=2026-11-20T11:59:00Z"
	for _, resolution := range []string{"raw", "1m"} {
		compared := read[api.WindowsComparison](t, base+windows+"&metric=ttft_p50_seconds,error_rate&resolution="+resolution)
		latency, failures := compared.Comparisons[0], compared.Comparisons[1]
		require.Equal(t, trend.Rising, latency.Comparison.Direction, latency.Comparison.Reason)
		require.InDelta(t, 0.2, latency.Comparison.Difference.Or(0), 0.03)
		require.InDelta(t, 0.2, latency.PooledBefore.Or(0), 0.02)
		require.InDelta(t, 0.4, latency.PooledAfter.Or(0), 0.02)
		require.Equal(t, trend.Flat, failures.Comparison.Direction, failures.Comparison.Reason)
	}
	t.Logf("waiting: %s", waiting.Trend.Reason)
	t.Logf("ttft p95: %s; step of %.0f%% at %s, p %.2g", ttft.Trend.Reason, 100*step.RelativeChange.Or(0),
		time.Unix(int64(step.AtUnix), 0).UTC().Format(time.TimeOnly), step.PValue)
}

func TestServer_TwoHoursOfSyntheticSnapshots_AreTheSameAtEveryResolution(t *testing.T) {
	t.Parallel()
	base := twoHours(t)
	points := map[series.Resolution]int{series.Raw: 480, series.Minute: 120, series.Hour: 2}
	for _, res := range series.Resolutions() {
		got := read[api.HistoryAnswer](t, base+"/history?metric=requests_per_second,waiting&resolution="+string(res))
		require.Len(t, got.Series[0].Points, points[res])
		snapshots, mean := 0, 0.0
		for i, p := range got.Series[0].Points {
			require.InDelta(t, 4, p.Value.Or(0), 1e-9, "60 requests in 15 s, however they are merged")
			snapshots += p.Snapshots
			mean += got.Series[1].Points[i].Value.Or(0) / float64(points[res])
		}
		require.Equal(t, 480, snapshots)
		require.InDelta(t, 30, mean, 0.5)
	}
	all := read[api.Trends](t, base+"/trends?resolution=raw")
	require.Len(t, all.Trends, len(series.Metrics()))
	require.Equal(t, 480, all.Trends[0].Trend.Points)
}
