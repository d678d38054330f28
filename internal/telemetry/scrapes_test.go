package telemetry_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/telemetry"
)

func TestCountScrapes_TellsHowEachReadEnded(t *testing.T) {
	t.Parallel()
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/busy":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half of")
		default:
			_, _ = io.WriteString(w, "vllm:num_requests_running 1")
		}
	}))
	defer pages.Close()
	registry := prometheus.NewRegistry()
	client := telemetry.CountScrapes(registry, pages.Client())
	for _, path := range []string{"/metrics", "/metrics", "/busy", "/cut"} {
		answer, err := client.Get(pages.URL + path)
		require.NoError(t, err)
		_, _ = io.ReadAll(answer.Body)
		require.NoError(t, answer.Body.Close())
	}
	pages.Close()
	_, err := client.Get(pages.URL) //nolint:bodyclose // there is none
	require.Error(t, err)
	require.Equal(t, map[string]float64{"ok": 2, "refused": 1, "failed": 2}, byLabel(t, registry, "performance_agent_scrapes_total"))
}

func TestTemporalMetrics_OurOwnNames_KeepTheirNameAndHaveOurLabels(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	h := telemetry.TemporalMetrics(registry).WithTags(map[string]string{"workflow_type": "Rollout", "outcome": "promoted"})
	h.Counter("performance_agent_rollouts_total").Inc(1)
	h.Timer("performance_agent_detection_seconds").Record(12 * time.Second)
	require.Equal(t, map[string]float64{"promoted": 1}, byLabel(t, registry, "performance_agent_rollouts_total"))
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Equal(t, "performance_agent_detection_seconds", families[0].GetName())
	require.InDelta(t, 12, families[0].GetMetric()[0].GetHistogram().GetSampleSum(), 1e-9)
}

func TestWatchAges_HaveASeriesOfEachFleetThatIsWatchedNow(t *testing.T) {
	t.Parallel()
	ages := map[string]float64{"chat": 3, "code": 70}
	registry := prometheus.NewRegistry()
	registry.MustRegister(telemetry.WatchAges(func() map[string]float64 { return ages }))
	require.Equal(t, ages, byLabel(t, registry, "performance_agent_watch_age_seconds"))
	ages = map[string]float64{"chat": 1}
	require.Equal(t, ages, byLabel(t, registry, "performance_agent_watch_age_seconds"))
}

// byLabel are the values of a family with one label.
func byLabel(t *testing.T, registry *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == name && l.GetValue() != "" {
					out[l.GetValue()] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
				}
			}
		}
	}
	return out
}
