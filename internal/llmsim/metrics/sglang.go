package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// SGLang is the metrics of an SGLang engine. It implements llmsim.Observer; its
// methods are called from one goroutine, scrapes come from any.
type SGLang struct {
	gauges   sglangGauges
	counters sglangCounters
	requests sglangRequests
	lost     *prometheus.CounterVec
	startup  *prometheus.GaugeVec
	loading  *prometheus.GaugeVec
	interval int // decode steps between two writings of the gauges
	graphMax int
	last     sched.Stats // after the last step
	written  sched.Stats // when the gauges were written

	decodes int     // steps since then
	tokens  int     // that they decoded
	seconds float64 // that they took
}

// NewSGLang registers the engine's metrics. decodeLogInterval is that of the
// command line (40 by default) and pid the process that the gauges without a
// multiprocess mode are labelled with.
func NewSGLang(r *prometheus.Registry, servedModel string, m perfmodel.Model, decodeLogInterval, pid int) *SGLang {
	tokenizer := series{registry: r, labels: prometheus.Labels{"model_name": servedModel, "engine_type": "unified"}}
	scheduler := tokenizer.with(prometheus.Labels{"tp_rank": "0", "pp_rank": "0", "moe_ep_rank": "0"})
	registerSGLangConstants(scheduler, m)
	return &SGLang{
		gauges:   newSGLangGauges(scheduler, strconv.Itoa(pid), m.BlockSize()),
		counters: newSGLangCounters(scheduler),
		requests: newSGLangRequests(tokenizer, scheduler),
		startup:  scheduler.laterGauge("sglang:engine_startup_time", "The time taken for the engine to start up."),
		loading:  scheduler.laterGauge("sglang:engine_load_weights_time", "The time taken for the engine to load weights."),
		lost:     series{registry: r}.timeLost(), interval: max(decodeLogInterval, 1), graphMax: m.Settings().GraphMax,
	}
}

// Step takes the state after a step and the tokens that it produced.
func (g *SGLang) Step(now sched.Stats, emissions []sched.Emission) {
	last := g.last
	g.last = now
	g.counters.preempted(now, last)
	switch {
	case now.Steps == last.Steps:
		g.idle(now)
	case now.Last.Prefills > 0:
		g.prefilled(now, last)
	default:
		g.decoded(now, last)
	}
	g.requests.step(emissions)
}

// Finished takes a request that ran to its end.
func (g *SGLang) Finished(r *sched.Request, _ string, _ int) { g.requests.finished(r) }

// Lost takes the seconds by which the host was too slow.
func (g *SGLang) Lost(seconds float64) { g.lost.WithLabelValues().Add(seconds) }

// prefilled writes after a step that computed a part of a prompt.
func (g *SGLang) prefilled(now, last sched.Stats) {
	hits := now.PrefixHits - last.PrefixHits
	g.counters.realtime("prefill_compute", now.Last.Prompt)
	g.counters.realtime("prefill_cache", hits)
	g.counters.realtime("decode", now.Last.Decodes)
	rate := 0.0
	if looked := now.PrefixQueries - last.PrefixQueries; looked > 0 {
		rate = float64(hits) / float64(looked)
	}
	g.gauges.hitRate.WithLabelValues().Set(rate)
	g.write(now)
}

// decoded counts a decode step, and writes after every so many.
func (g *SGLang) decoded(now, last sched.Stats) {
	graph := now.Last.Decodes <= g.graphMax
	g.counters.graphPass(graph)
	g.decodes++
	g.tokens += now.Last.Decodes + now.AcceptedTokens - last.AcceptedTokens
	g.seconds += now.Last.Seconds
	if g.decodes < g.interval {
		return
	}
	g.counters.realtime("decode", g.tokens)
	g.gauges.graph.WithLabelValues().Set(bit(graph))
	g.gauges.hitRate.WithLabelValues().Set(0) // as every decode report does
	if g.seconds > 0 {
		g.gauges.throughput.WithLabelValues().Set(float64(g.tokens) / g.seconds)
	}
	g.decodes, g.tokens, g.seconds = 0, 0, 0
	g.write(now)
}

// idle writes once the engine has nothing to do; the real one takes up to 30 s
// for it.
func (g *SGLang) idle(now sched.Stats) {
	if g.written.Running+g.written.Waiting == 0 && now.Running+now.Waiting == 0 {
		return
	}
	g.counters.realtime("decode", g.tokens)
	g.decodes, g.tokens, g.seconds = 0, 0, 0
	g.gauges.throughput.WithLabelValues().Set(0)
	g.write(now)
}

func (g *SGLang) write(now sched.Stats) {
	g.gauges.set(now, g.written)
	g.written = now
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
