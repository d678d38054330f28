package promql_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/promql"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// tolerance is what the issue allows the two paths to differ.
const tolerance = 0.05

const twoGPUs = `# TYPE DCGM_FI_DEV_GPU_UTIL gauge
DCGM_FI_DEV_GPU_UTIL{gpu="0",Hostname="n"} 80
DCGM_FI_DEV_GPU_UTIL{gpu="1",Hostname="n"} 40
# TYPE DCGM_FI_DEV_FB_USED gauge
DCGM_FI_DEV_FB_USED{gpu="0",Hostname="n"} 70000
DCGM_FI_DEV_FB_USED{gpu="1",Hostname="n"} 60000
`

// Two simulated engines under load, measured from their own pages and from a real
// Prometheus that scrapes them.
func TestReader_RealPrometheus_AgreesWithScraping(t *testing.T) {
	t.Parallel()
	a, b := startReplica(t), startReplica(t)
	exporter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, twoGPUs) }))
	t.Cleanup(exporter.Close)
	endpoints := []string{a.url, b.url}
	server := startPrometheus(t, map[string][]string{"engines": endpoints, "dcgm": {exporter.URL}})
	fleet := serving.Fleet{Name: "chat", Config: serving.EngineConfig{Engine: serving.VLLM}, Hardware: serving.Hardware{GPUs: 1},
		Metrics: serving.MetricsSource{Kind: serving.MetricsPrometheus, Address: server, Labels: map[string]string{"job": "engines"}},
		GPUMetrics: serving.GPUSource{Kind: serving.GPUPrometheus, Addresses: []string{server},
			Replicas: map[string]map[string]string{a.url: {"gpu": "0"}, b.url: {"gpu": "1"}}}}
	pages, history := scrape.New(http.DefaultClient, known.Engines()), promql.New(http.DefaultClient, known.Engines())
	scrapedSince := func(unix float64) {
		require.Eventually(t, func() bool {
			for _, e := range endpoints {
				if r, err := history.Read(t.Context(), fleet, e); err != nil || r.TakenUnix < unix {
					return false
				}
			}
			return true
		}, 30*time.Second, 50*time.Millisecond)
	}

	scrapedSince(1)
	before := now(t, pages, fleet, endpoints)
	load(t, endpoints)
	after := now(t, pages, fleet, endpoints)
	scrapedSince(after[1].TakenUnix)
	last, err := history.Read(t.Context(), fleet, a.url)
	require.NoError(t, err)

	// Nothing happened before the load, so the window may begin long before it: on a
	// slow machine many scrapes are missed.
	readings, err := history.Watch(t.Context(), fleet, endpoints, last.TakenUnix-before[0].TakenUnix+20)
	require.NoError(t, err)
	measured := serving.Window("chat", serving.Stable, readings)
	require.Positive(t, measured.GenerationTokens.Or(0))
	require.Positive(t, measured.Running.Or(0))

	// The very pages that Prometheus was given: all must agree, gauges and rates too.
	var same [][]serving.Reading
	for i, r := range []*replica{a, b} {
		var of []serving.Reading
		for _, reading := range readings[i] {
			page := r.page(t, reading.TakenUnix)
			require.Equal(t, page.Found(), reading.Found())
			require.Equal(t, page.Missing, reading.Missing)
			require.Equal(t, page.Unrecognised, reading.Unrecognised)
			of = append(of, page)
		}
		same = append(same, of)
	}
	requireAgree(t, quantities(serving.Window("chat", serving.Stable, same)), quantities(measured))

	// What an independent scraper saw before and after the load.
	direct := serving.Window("chat", serving.Stable, [][]serving.Reading{{before[0], after[0]}, {before[1], after[1]}})
	requireAgree(t, increases(direct), increases(measured))

	gpus := promql.NewGPUs(http.DefaultClient)
	for i, want := range []float64{0.8, 0.4} {
		r := gpus.AddGPU(t.Context(), fleet, readings[i])
		require.Equal(t, serving.Known(want), r[len(r)-1].GPUUtilization)
	}

	a.stop()
	require.Eventually(t, func() bool {
		_, err := history.Read(t.Context(), fleet, a.url)
		return err != nil
	}, 30*time.Second, 50*time.Millisecond)
	_, err = history.Watch(t.Context(), fleet, endpoints, 5)
	var at *serving.UnreadableError
	require.ErrorAs(t, err, &at)
	require.Equal(t, a.url, at.Endpoint)
	require.ErrorIs(t, err, promql.ErrNotScraped, "the last page of a replica that is down does not count")
}

// now reads every replica once.
func now(t *testing.T, s *scrape.Scraper, fleet serving.Fleet, endpoints []string) []serving.Reading {
	t.Helper()
	readings, err := s.Watch(t.Context(), fleet, endpoints, 0)
	require.NoError(t, err)
	var out []serving.Reading
	for _, of := range readings {
		out = append(out, of[0])
	}
	return out
}

// load sends requests for some seconds and returns when all are answered.
func load(t *testing.T, endpoints []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	var users errgroup.Group
	for i, e := range endpoints {
		users.Go(func() error {
			return loadgen.New(loadgen.Options{}).RunTraffic(ctx, e, model, serving.Workload{RatePerSecond: 6,
				PromptTokens: serving.Lengths{Mean: 200, CV: 0.3, Min: 8}, OutputTokens: serving.Lengths{Mean: 80, CV: 0.3, Min: 8}},
				uint64(i+1), func(loadgen.Request) {})
		})
	}
	require.NoError(t, users.Wait())
}

func requireAgree(t *testing.T, want, got map[string]serving.Measure) {
	t.Helper()
	worst, of := 0.0, ""
	for name, w := range want {
		expected, known := w.Get()
		value, measured := got[name].Get()
		require.Equal(t, known, measured, name)
		require.InDelta(t, expected, value, tolerance*max(expected, 1e-9), name)
		if d := (value - expected) / max(expected, 1e-9); d*d > worst*worst {
			worst, of = d, name
		}
	}
	t.Logf("%d quantities, greatest difference %.3g %% (%s)", len(want), 100*worst, of)
}

// increases are what was counted in the window.
func increases(s serving.Snapshot) map[string]serving.Measure {
	out := map[string]serving.Measure{
		"prompt": s.PromptTokens, "generation": s.GenerationTokens, "requests": s.Requests(), "preemptions": s.Preemptions,
		"queries": s.PrefixQueryTokens, "hits": s.PrefixHitTokens, "steps": s.EngineSteps, "hit rate": s.PrefixHitRate(),
	}
	for name, h := range map[string]*serving.Histogram{"ttft": s.TTFT, "itl": s.ITL, "e2e": s.E2E, "queue": s.Queue, "lengths": s.OutputLengths} {
		for _, q := range []struct {
			name string
			at   float64
		}{{" p50", 0.5}, {" p95", 0.95}} {
			out[name+q.name] = h.QuantileMeasure(q.at)
		}
		if h != nil {
			out[name+" count"], out[name+" mean"] = serving.Known(h.Count), h.Mean()
		}
	}
	return out
}

// quantities are all that a snapshot says in numbers.
func quantities(s serving.Snapshot) map[string]serving.Measure {
	out := increases(s)
	out["running"], out["waiting"], out["kv usage"], out["kv max"], out["kv capacity"] = s.Running, s.Waiting, s.KVUsage, s.KVUsageMax, s.KVCapacityTokens
	out["window"], out["tokens/s"], out["requests/s"] = serving.Known(s.WindowSeconds), s.PerSecond(s.GenerationTokens), s.PerSecond(s.Requests())
	return out
}
