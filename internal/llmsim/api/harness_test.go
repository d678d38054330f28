package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/api"
	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/llmsim/realtime"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	served        = "chat-8b"
	contextTokens = 1000 // max_model_len of the engine under test
)

type costs struct{}

func (costs) StepSeconds(perfmodel.Batch) float64 { return 0.001 }
func (costs) APISeconds(int) float64              { return 0.0005 }

// harness is a whole engine behind a test server.
type harness struct {
	t      *testing.T
	api    *api.Server
	loop   *realtime.Loop
	server *httptest.Server
	stop   context.CancelFunc
}

// newHarness serves at once unless loading is wanted.
func newHarness(t *testing.T, change ...func(*api.Config)) *harness {
	t.Helper()
	core, err := llmsim.NewCore(sched.Limits{
		Blocks: 500, BlockSize: 16, MaxNumSeqs: 64, MaxNumBatchedTokens: 2048, MaxModelLen: contextTokens,
		ChunkedPrefill: true, PrefixCaching: true, ReserveFullPrompt: true,
	}, costs{}, 1)
	require.NoError(t, err)
	config := api.Config{Model: "org/model", ServedNames: []string{served, "alias"}, Version: "0.20.1", MaxModelLen: contextTokens, Seed: 3}
	for _, c := range change {
		c(&config)
	}
	registry := prometheus.NewRegistry()
	traffic, observer := instruments(registry, config)
	loop := realtime.New(core, observer)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		loop.Run(ctx)
	}()
	h := &harness{t: t, api: api.New(config, loop, traffic, metrics.NewPage(registry)), loop: loop, stop: stop}
	h.server = httptest.NewServer(h.api.Handler())
	t.Cleanup(func() {
		stop()
		<-ended
		h.server.Close()
	})
	return h
}

// instruments are the metrics of the engine under test.
func instruments(r *prometheus.Registry, c api.Config) (api.Traffic, llmsim.Observer) {
	switch c.Engine {
	case "tgi":
		return metrics.NewTGITraffic(r, c.TGI.MaxInputTokens, c.TGI.MaxTotalTokens), metrics.NewTGI(r, c.TGI.MaxInputTokens, c.TGI.MaxTotalTokens)
	case "sglang":
		model, err := perfmodel.New(serving.EngineConfig{Engine: serving.VLLM, Model: "meta-llama/Llama-3.1-8B-Instruct"}, serving.Hardware{GPU: "H100", GPUs: 1})
		if err != nil {
			panic(err)
		}
		return metrics.NewSGLangTraffic(r, served), metrics.NewSGLang(r, served, model, 40, 1)
	}
	return metrics.NewVLLMTraffic(r), metrics.NewVLLM(r, served, contextTokens)
}

func serve(t *testing.T, change ...func(*api.Config)) *harness {
	h := newHarness(t, change...)
	h.api.Serve()
	return h
}

func (h *harness) do(method, path string, body any) *http.Response {
	h.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = bytes.NewReader([]byte(b))
	default:
		data, err := json.Marshal(b)
		require.NoError(h.t, err)
		reader = bytes.NewReader(data)
	}
	request, err := http.NewRequest(method, h.server.URL+path, reader)
	require.NoError(h.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func (h *harness) post(path string, body any) (int, map[string]any) {
	h.t.Helper()
	response := h.do(http.MethodPost, path, body)
	return response.StatusCode, h.decode(response)
}

// decode reads a whole body of JSON; none is an empty object.
func (h *harness) decode(response *http.Response) map[string]any {
	h.t.Helper()
	data, err := io.ReadAll(response.Body)
	require.NoError(h.t, err)
	out := map[string]any{}
	if len(data) > 0 {
		require.NoError(h.t, json.Unmarshal(data, &out), "%s", data)
	}
	return out
}

func (h *harness) status(method, path string) int {
	h.t.Helper()
	return h.do(method, path, nil).StatusCode
}

// metric is the sum of a family's series whose labels contain the value.
func (h *harness) metric(name, label string) float64 {
	h.t.Helper()
	response := h.do(http.MethodGet, "/metrics", nil)
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(response.Body)
	require.NoError(h.t, err)
	sum := 0.0
	for _, m := range families[name].GetMetric() {
		if label == "" || labelled(m, label) {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum
}

func labelled(m *dto.Metric, value string) bool {
	for _, l := range m.Label {
		if l.GetValue() == value {
			return true
		}
	}
	return false
}
