package metrics

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// sglangGauges are what the scheduler reports at each writing.
type sglangGauges struct {
	running, waiting, usage, fullUsage    *prometheus.GaugeVec
	used, kvUsed, kvAvailable, kvEvict    *prometheus.GaugeVec
	throughput, hitRate, graph, retracted *prometheus.GaugeVec
	unused                                []*prometheus.GaugeVec // features that are off
	occupancy, ratio                      *prometheus.GaugeVec
	acceptLength, acceptRate              *prometheus.GaugeVec
	blockSize                             int // tokens
}

func newSGLangGauges(s series, pid string, blockSize int) sglangGauges {
	perProcess := s.with(prometheus.Labels{"pid": pid})
	return sglangGauges{
		running:     s.laterGauge("sglang:num_running_reqs", "The number of running requests."),
		waiting:     s.laterGauge("sglang:num_queue_reqs", "The number of requests in the waiting queue."),
		usage:       s.laterGauge("sglang:token_usage", "The token usage."),
		fullUsage:   s.laterGauge("sglang:full_token_usage", "The token usage for full attention layers."),
		used:        s.laterGauge("sglang:num_used_tokens", "The number of used tokens."),
		kvUsed:      s.laterGauge("sglang:kv_used_tokens", "Number of actively used token slots in the KV cache pool."),
		kvAvailable: s.laterGauge("sglang:kv_available_tokens", "Number of free token slots in the KV cache pool."),
		kvEvict:     s.laterGauge("sglang:kv_evictable_tokens", "Number of evictable (radix-cached) token slots in the KV cache pool."),
		throughput:  s.laterGauge("sglang:gen_throughput", "The generation throughput (token/s)."),
		hitRate:     s.laterGauge("sglang:cache_hit_rate", "The prefix cache hit rate."),
		graph:       s.laterGauge("sglang:is_cuda_graph", "Whether the batch is using CUDA graph."),
		retracted:   perProcess.laterGauge("sglang:num_retracted_reqs", "The number of retracted requests."),
		unused: append(unusedSGLangGauges(s),
			perProcess.laterGauge("sglang:num_paused_reqs", "The number of paused requests by async weight sync.")),
		ratio:        s.laterGauge("sglang:new_token_ratio", "The new token ratio."),
		acceptLength: s.laterGauge("sglang:spec_accept_length", "The average acceptance length of speculative decoding."),
		acceptRate:   s.laterGauge("sglang:spec_accept_rate", "The average acceptance rate of speculative decoding."),
		occupancy:    s.laterGauge("sglang:fwd_occupancy", "Forward pass GPU occupancy percentage."),
		blockSize:    blockSize,
	}
}

// unusedSGLangGauges belong to features that are not simulated; an engine that
// does not use them reports 0.
func unusedSGLangGauges(s series) []*prometheus.GaugeVec {
	var out []*prometheus.GaugeVec
	for _, g := range [][2]string{
		{"sglang:num_grammar_queue_reqs", "The number of requests in the grammar waiting queue."},
		{"sglang:swa_token_usage", "The token usage for SWA layers."},
		{"sglang:mamba_usage", "The token usage for Mamba layers."},
		{"sglang:num_prefill_prealloc_queue_reqs", "The number of requests in the prefill prealloc queue."},
		{"sglang:num_prefill_inflight_queue_reqs", "The number of requests in the prefill inflight queue."},
		{"sglang:num_decode_prealloc_queue_reqs", "The number of requests in the decode prealloc queue."},
		{"sglang:num_decode_transfer_queue_reqs", "The number of requests in the decode transfer queue."},
		{"sglang:pending_prealloc_token_usage", "The token usage for pending preallocated tokens (not preallocated yet)."},
		{"sglang:utilization", "The utilization."},
	} {
		out = append(out, s.laterGauge(g[0], g[1]))
	}
	return out
}

// set writes all that does not depend on the kind of step. before is the state
// at the last writing.
func (m sglangGauges) set(now, before sched.Stats) {
	usage := now.Usage()
	free := now.Blocks - now.Used - now.Evictable
	for gauge, value := range map[*prometheus.GaugeVec]float64{
		m.running: float64(now.Running), m.waiting: float64(now.Waiting),
		m.usage: math.Round(usage*100) / 100, m.fullUsage: usage,
		m.used: m.tokens(now.Used), m.kvUsed: m.tokens(now.Used),
		m.kvEvict: m.tokens(now.Evictable), m.kvAvailable: m.tokens(free),
		m.retracted: float64(now.Preemptions - before.Preemptions), m.occupancy: math.NaN(),
		m.ratio: now.NewTokenRatio, m.acceptLength: acceptLength(now, before), m.acceptRate: acceptRate(now, before),
	} {
		gauge.WithLabelValues().Set(value)
	}
	for _, gauge := range append(m.unused, m.throughput, m.graph) {
		gauge.WithLabelValues() // at 0 until it is set
	}
}

func (m sglangGauges) tokens(blocks int) float64 { return float64(blocks * m.blockSize) }

// acceptLength is the mean number of tokens of a verification since the last
// writing, the one that needs no guess included; 0 when nothing was guessed.
func acceptLength(now, before sched.Stats) float64 {
	drafts := now.Drafts - before.Drafts
	if drafts == 0 {
		return 0
	}
	return 1 + float64(now.AcceptedTokens-before.AcceptedTokens)/float64(drafts)
}

func acceptRate(now, before sched.Stats) float64 {
	proposed := now.DraftTokens - before.DraftTokens
	if proposed == 0 {
		return 0
	}
	return float64(now.AcceptedTokens-before.AcceptedTokens) / float64(proposed)
}
