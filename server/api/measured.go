package api

import "github.com/optiinfra/performance-agent/internal/serving"

// Quantiles describes one latency from its histogram. AtLeast names the quantiles
// that lie beyond the last bucket: their true value is greater.
type Quantiles struct {
	Count       float64         `json:"count"`
	MeanSeconds serving.Measure `json:"mean_seconds"`
	P50Seconds  serving.Measure `json:"p50_seconds"`
	P90Seconds  serving.Measure `json:"p90_seconds"`
	P95Seconds  serving.Measure `json:"p95_seconds"`
	P99Seconds  serving.Measure `json:"p99_seconds"`
	AtLeast     []string        `json:"at_least,omitempty"`
}

func quantilesOf(h *serving.Histogram) *Quantiles {
	if h == nil {
		return nil
	}
	q := &Quantiles{Count: h.Count, MeanSeconds: h.Mean()}
	for _, e := range []struct {
		name string
		at   float64
		into *serving.Measure
	}{
		{"p50_seconds", .5, &q.P50Seconds}, {"p90_seconds", .9, &q.P90Seconds},
		{"p95_seconds", .95, &q.P95Seconds}, {"p99_seconds", .99, &q.P99Seconds},
	} {
		value, atLeast, ok := h.Quantile(e.at)
		if !ok {
			continue
		}
		*e.into = serving.Known(value)
		if atLeast {
			q.AtLeast = append(q.AtLeast, e.name)
		}
	}
	return q
}

// Latency is the latency view; what the engine does not report is absent.
type Latency struct {
	TTFT    *Quantiles `json:"ttft,omitempty"`
	ITL     *Quantiles `json:"itl,omitempty"`
	TPOT    *Quantiles `json:"tpot,omitempty"`
	E2E     *Quantiles `json:"e2e,omitempty"`
	Queue   *Quantiles `json:"queue,omitempty"`
	Prefill *Quantiles `json:"prefill,omitempty"`
	Decode  *Quantiles `json:"decode,omitempty"`
}

func latencyOf(s serving.Snapshot) Latency {
	return Latency{
		TTFT: quantilesOf(s.TTFT), ITL: quantilesOf(s.ITL), TPOT: quantilesOf(s.TPOT), E2E: quantilesOf(s.E2E),
		Queue: quantilesOf(s.Queue), Prefill: quantilesOf(s.Prefill), Decode: quantilesOf(s.Decode),
	}
}

// Throughput is the throughput view; null is not measured.
type Throughput struct {
	RequestsPerSecond         serving.Measure    `json:"requests_per_second"`
	PromptTokensPerSecond     serving.Measure    `json:"prompt_tokens_per_second"`
	GenerationTokensPerSecond serving.Measure    `json:"generation_tokens_per_second"`
	ErrorsPerSecond           serving.Measure    `json:"errors_per_second"`
	Running                   serving.Measure    `json:"running"`
	Waiting                   serving.Measure    `json:"waiting"`
	FinishedByReason          map[string]float64 `json:"finished_by_reason,omitempty"`
	Replicas                  int                `json:"replicas"`
}

func throughputOf(s serving.Snapshot) Throughput {
	return Throughput{
		RequestsPerSecond:         s.PerSecond(s.Requests()),
		PromptTokensPerSecond:     s.PerSecond(s.PromptTokens),
		GenerationTokensPerSecond: s.PerSecond(s.GenerationTokens),
		ErrorsPerSecond:           s.PerSecond(s.Errors),
		Running:                   s.Running, Waiting: s.Waiting,
		FinishedByReason: s.FinishedByReason, Replicas: s.Replicas,
	}
}

// Cache is the KV-cache view; null is not measured.
type Cache struct {
	KVUsage              serving.Measure `json:"kv_usage" doc:"Mean over the window, 0..1."`
	KVUsageMax           serving.Measure `json:"kv_usage_max"`
	KVCapacityTokens     serving.Measure `json:"kv_capacity_tokens"`
	Preemptions          serving.Measure `json:"preemptions"`
	PreemptionsPerSecond serving.Measure `json:"preemptions_per_second"`
	PrefixHitRate        serving.Measure `json:"prefix_hit_rate" doc:"Share of looked-up prompt tokens that were cached, 0..1."`
	PrefixQueryTokens    serving.Measure `json:"prefix_query_tokens"`
	PrefixHitTokens      serving.Measure `json:"prefix_hit_tokens"`
}

func cacheOf(s serving.Snapshot) Cache {
	return Cache{
		KVUsage: s.KVUsage, KVUsageMax: s.KVUsageMax, KVCapacityTokens: s.KVCapacityTokens,
		Preemptions: s.Preemptions, PreemptionsPerSecond: s.PerSecond(s.Preemptions),
		PrefixHitRate: s.PrefixHitRate(), PrefixQueryTokens: s.PrefixQueryTokens, PrefixHitTokens: s.PrefixHitTokens,
	}
}
