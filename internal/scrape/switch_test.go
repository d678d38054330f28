package scrape_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// answering is a source of its own name.
type answering string

func (a answering) Read(_ context.Context, _ serving.Fleet, endpoint string) (serving.Reading, error) {
	return serving.Reading{Endpoint: endpoint, Model: string(a)}, nil
}

func (a answering) Watch(ctx context.Context, f serving.Fleet, endpoints []string, _ float64) ([][]serving.Reading, error) {
	out := make([][]serving.Reading, len(endpoints))
	for i, e := range endpoints {
		r, err := a.Read(ctx, f, e)
		if err != nil {
			return nil, err
		}
		out[i] = []serving.Reading{r, r}
	}
	return out, nil
}

// AddGPU gives the last reading a utilization.
func (a answering) AddGPU(_ context.Context, _ serving.Fleet, readings []serving.Reading) []serving.Reading {
	readings[len(readings)-1].GPUUtilization = serving.Known(0.5)
	return readings
}

func sources() *scrape.Switch {
	return scrape.NewSwitch(map[string]scrape.Source{serving.MetricsScrape: answering("page"), serving.MetricsPrometheus: answering("server")},
		map[string]scrape.GPUSource{serving.GPUExporter: answering("dcgm")})
}

func TestSwitch_AsksTheSourceOfTheRecord(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{"": "page", serving.MetricsScrape: "page", serving.MetricsPrometheus: "server"} {
		r, err := sources().Read(t.Context(), serving.Fleet{Metrics: serving.MetricsSource{Kind: kind}}, "http://a")
		require.NoError(t, err)
		require.Equal(t, want, r.Model)
		require.False(t, r.GPUUtilization.IsKnown(), "no GPU source is named: unknown, not zero")
	}
}

func TestSwitch_AddsTheFiguresOfGPUs(t *testing.T) {
	t.Parallel()
	f := serving.Fleet{GPUMetrics: serving.GPUSource{Kind: serving.GPUExporter}}
	r, err := sources().Read(t.Context(), f, "http://a")
	require.NoError(t, err)
	require.Equal(t, serving.Known(0.5), r.GPUUtilization)
	all, err := sources().Watch(t.Context(), f, []string{"http://a", "http://b"}, 1)
	require.NoError(t, err)
	for _, readings := range all {
		require.Equal(t, serving.Known(0.5), readings[1].GPUUtilization)
	}
}

func TestSwitch_UnknownSource_IsPermanentAndNamesTheKnownOnes(t *testing.T) {
	t.Parallel()
	f := serving.Fleet{Name: "chat", Metrics: serving.MetricsSource{Kind: "statsd"}}
	_, err := sources().Read(t.Context(), f, "http://a")
	require.ErrorIs(t, err, serving.ErrPermanent)
	require.ErrorContains(t, err, "[prometheus scrape]")
	_, err = sources().Watch(t.Context(), f, []string{"http://a"}, 1)
	require.ErrorIs(t, err, serving.ErrPermanent)
}
