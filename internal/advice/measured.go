package advice

import "github.com/optiinfra/performance-agent/internal/serving"

// measured are the numbers of a snapshot by plain names with units; what was not
// measured is left out. Its labels and texts stay here.
func measured(s serving.Snapshot) map[string]float64 {
	out := map[string]float64{}
	put := func(name string, m serving.Measure) {
		if v := number(m); v != nil {
			out[name] = *v
		}
	}
	put("running_requests", s.Running)
	put("waiting_requests", s.Waiting)
	put("kv_usage_ratio", s.KVUsage)
	put("kv_usage_max_ratio", s.KVUsageMax)
	put("kv_capacity_tokens", s.KVCapacityTokens)
	put("gpu_utilization_ratio", s.GPUUtilization)
	put("preemptions_per_second", s.PerSecond(s.Preemptions))
	put("errors_per_second", s.PerSecond(s.Errors))
	put("prompt_tokens_per_second", s.PerSecond(s.PromptTokens))
	put("generated_tokens_per_second", s.PerSecond(s.GenerationTokens))
	put("requests_per_second", s.PerSecond(s.Requests()))
	put("prefix_hit_ratio", s.PrefixHitRate())
	put("draft_acceptance_ratio", s.AcceptedTokens.Over(s.DraftTokens))
	for _, l := range []struct {
		name string
		of   *serving.Histogram
	}{{"ttft", s.TTFT}, {"itl", s.ITL}, {"tpot", s.TPOT}, {"e2e", s.E2E}, {"queue", s.Queue}, {"prefill", s.Prefill}, {"decode", s.Decode}} {
		if l.of == nil {
			continue
		}
		put(l.name+"_p50_seconds", l.of.QuantileMeasure(0.5))
		put(l.name+"_p95_seconds", l.of.QuantileMeasure(0.95))
	}
	return out
}
