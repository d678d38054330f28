package diagnosis

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// exporter is the metrics page of one simulated replica.
type exporter struct {
	llmsim.Observer
	page   *metrics.Page
	served func() // counts one answer at the HTTP side
	failed func() // counts one that a fault answered
	// refused counts one for which there was no place; nil where none is refused.
	refused func()
	// accepted takes the lengths of a request at the HTTP side; nil where nothing
	// there counts them.
	accepted func(prompt, most int)
}

func newExporter(cfg serving.EngineConfig, m perfmodel.Model) (*exporter, error) {
	registry := prometheus.NewRegistry()
	e := &exporter{page: metrics.NewPage(registry)}
	switch cfg.Engine {
	case serving.VLLM:
		e.vllm(registry, cfg, m)
	case serving.TGI:
		e.tgi(registry, m)
	case serving.SGLang:
		e.sglang(registry, cfg, m)
	default:
		return nil, fmt.Errorf("no simulated metrics page of engine %q", cfg.Engine)
	}
	return e, nil
}

const route = "/v1/chat/completions"

func (e *exporter) vllm(r *prometheus.Registry, cfg serving.EngineConfig, m perfmodel.Model) {
	dtype, set := cfg.Get("--kv-cache-dtype")
	if !set {
		dtype = "auto"
	}
	metrics.RegisterVLLMCacheConfig(r, m, dtype)
	e.Observer = metrics.NewVLLM(r, cfg.Model, m.Settings().MaxModelLen)
	t := metrics.NewVLLMTraffic(r)
	e.served = func() { t.Began(route, http.MethodPost)(http.StatusOK, 0, 0) }
	e.failed = func() { t.Began(route, http.MethodPost)(http.StatusInternalServerError, 0, 0) }
}

func (e *exporter) tgi(r *prometheus.Registry, m perfmodel.Model) {
	longest := m.Settings().MaxModelLen
	e.Observer = metrics.NewTGI(r, longest-1, longest)
	t := metrics.NewTGITraffic(r, longest-1, longest)
	e.served = func() { t.Asked(route) }
	e.failed = func() {
		t.Asked(route)
		t.Failed("generation")
	}
	e.refused = func() {
		t.Asked(route)
		t.Failed("overloaded")
	}
	e.accepted = t.Accepted
}

// logInterval is SGLang's default of --decode-log-interval.
const logInterval = 40

func (e *exporter) sglang(r *prometheus.Registry, cfg serving.EngineConfig, m perfmodel.Model) {
	e.Observer = metrics.NewSGLang(r, cfg.Model, m, logInterval, 1)
	t := metrics.NewSGLangTraffic(r, cfg.Model)
	e.served = func() { t.Began(route, http.MethodPost)(http.StatusOK, 0, 0) }
	e.failed = func() { t.Began(route, http.MethodPost)(http.StatusInternalServerError, 0, 0) }
	e.refused = func() { t.Began(route, http.MethodPost)(http.StatusServiceUnavailable, 0, 0) }
}

// read scrapes the page as the agent does.
func (e *exporter) read(reader engine.MetricReader) (serving.Reading, error) {
	request, err := http.NewRequest(http.MethodGet, "/metrics", nil)
	if err != nil {
		return serving.Reading{}, err
	}
	answer := response{header: http.Header{}}
	e.page.ServeHTTP(&answer, request)
	page, err := scrape.Parse(&answer.body, answer.header.Get("Content-Type"))
	if err != nil {
		return serving.Reading{}, fmt.Errorf("simulated page: %w", err)
	}
	return reader.Read(page), nil
}

// response keeps what a handler writes.
type response struct {
	header http.Header
	body   bytes.Buffer
}

func (r *response) Header() http.Header         { return r.header }
func (r *response) Write(b []byte) (int, error) { return r.body.Write(b) }
func (r *response) WriteHeader(int)             {}

func endpoint(replica int) string { return "http://replica-" + strconv.Itoa(replica) }
