package metrics_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
)

// scrape reads the registry as a Prometheus server would.
func scrape(t *testing.T, r prometheus.Gatherer) map[string]*dto.MetricFamily {
	t.Helper()
	return parse(t, text(t, metrics.NewPage(r)))
}

func text(t *testing.T, p *metrics.Page) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept", "application/openmetrics-text")
	p.ServeHTTP(recorder, request)
	require.Contains(t, recorder.Header().Get("Content-Type"), "text/plain; version=0.0.4", "as the engines, whatever is asked for")
	body, err := io.ReadAll(recorder.Body)
	require.NoError(t, err)
	return string(body)
}

func parse(t *testing.T, page string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(page))
	require.NoError(t, err)
	return families
}

func value(t *testing.T, families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	t.Helper()
	family, ok := families[name]
	require.True(t, ok, name)
	for _, m := range family.Metric {
		if !has(m, labels) {
			continue
		}
		switch family.GetType() {
		case dto.MetricType_COUNTER:
			return m.GetCounter().GetValue()
		case dto.MetricType_HISTOGRAM:
			return m.GetHistogram().GetSampleSum()
		default:
			return m.GetGauge().GetValue()
		}
	}
	require.Fail(t, "no such series", "%s %v", name, labels)
	return 0
}

func has(m *dto.Metric, labels []string) bool {
	for i := 0; i < len(labels); i += 2 {
		found := false
		for _, l := range m.Label {
			found = found || l.GetName() == labels[i] && l.GetValue() == labels[i+1]
		}
		if !found {
			return false
		}
	}
	return true
}

func count(families map[string]*dto.MetricFamily, name string) uint64 {
	return families[name].GetMetric()[0].GetHistogram().GetSampleCount()
}
