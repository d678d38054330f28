package detection

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// page is what a simulated engine shows of itself, under vLLM's names: what the
// judge and the watch read.
type page struct {
	registry       *prometheus.Registry
	running        prometheus.Gauge
	ttft, itl, e2e prometheus.Histogram
	success        prometheus.Counter
	tokens         prometheus.Counter
}

func newPage() *page {
	p := &page{registry: prometheus.NewRegistry()}
	model := prometheus.Labels{"model_name": "simulated", "engine": "0"}
	gauge := func(name string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: "simulated", ConstLabels: model})
		p.registry.MustRegister(g)
		return g
	}
	counter := func(name string, labels prometheus.Labels) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: "simulated", ConstLabels: labels})
		p.registry.MustRegister(c)
		return c
	}
	histogram := func(name string, bounds []float64) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: "simulated", ConstLabels: model, Buckets: bounds})
		p.registry.MustRegister(h)
		return h
	}
	p.registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	p.running = gauge("vllm:num_requests_running")
	gauge("vllm:num_requests_waiting")
	gauge("vllm:kv_cache_usage_perc")
	counter("vllm:num_preemptions_total", model)
	p.tokens = counter("vllm:generation_tokens_total", model)
	p.success = counter("vllm:request_success_total", prometheus.Labels{"model_name": "simulated", "engine": "0", "finished_reason": "length"})
	// Bounds of vllm/v1/metrics/loggers.py, as far as these times reach.
	p.ttft = histogram("vllm:time_to_first_token_seconds", []float64{0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10})
	p.itl = histogram("vllm:inter_token_latency_seconds", []float64{0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1})
	p.e2e = histogram("vllm:e2e_request_latency_seconds", []float64{0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30})
	return p
}

func (p *page) handler() http.Handler { return promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}) }

// finished counts a whole answer; times in seconds.
func (p *page) finished(ttft, e2e float64, tokens int) {
	p.success.Inc()
	p.tokens.Add(float64(tokens))
	p.ttft.Observe(ttft)
	p.e2e.Observe(e2e)
	for range tokens - 1 {
		p.itl.Observe((e2e - ttft) / float64(tokens-1))
	}
}
