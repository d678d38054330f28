package scrape_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// measures and histograms of a reading by the names that Missing uses.
func measures(r serving.Reading) map[string]serving.Measure {
	return map[string]serving.Measure{
		"running": r.Running, "waiting": r.Waiting, "swapped": r.Swapped, "kv_usage": r.KVUsage, "kv_capacity_tokens": r.KVCapacityTokens,
		"preemptions": r.Preemptions, "prompt_tokens": r.PromptTokens, "generation_tokens": r.GenerationTokens,
		"prefix_query_tokens": r.PrefixQueryTokens, "prefix_hit_tokens": r.PrefixHitTokens, "draft_tokens": r.DraftTokens,
		"accepted_tokens": r.AcceptedTokens, "errors": r.Errors, "engine_steps": r.EngineSteps, "process_started_unix": r.ProcessStartedUnix,
	}
}

func histograms(r serving.Reading) map[string]*serving.Histogram {
	return map[string]*serving.Histogram{
		"ttft": r.TTFT, "itl": r.ITL, "tpot": r.TPOT, "e2e": r.E2E, "queue": r.Queue, "prefill": r.Prefill, "decode": r.Decode,
		"prompt_lengths": r.PromptLengths, "output_lengths": r.OutputLengths,
	}
}

func readRecorded(t *testing.T, name string) serving.Reading {
	t.Helper()
	page := strings.TrimRight(string(recorded(t, name)), "\n") + "\n"
	return vllm.New().Read(parse(t, page))
}

func TestRecordedPages_WhatIsFoundAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, model string
		found       map[string]float64 // number, or count of a histogram
		missing     map[string]string  // quantity: part of the reason
	}{
		{
			file: "vllm-0.4.3-V0-datadog.txt", model: "facebook/opt-125m",
			found: map[string]float64{
				"running": 0, "waiting": 0, "swapped": 0, "kv_usage": 0, "kv_capacity_tokens": 7281 * 16, "preemptions": 0,
				"prompt_tokens": 5, "generation_tokens": 7, "process_started_unix": 1.7181405583e+09,
				"ttft": 1, "itl": 6, "e2e": 1, "prompt_lengths": 1, "output_lengths": 1,
			},
			missing: map[string]string{
				"prefix_query_tokens": "V1 0.7.3", "prefix_hit_tokens": "V1 0.7.3", "draft_tokens": "speculative", "accepted_tokens": "speculative",
				"errors": "0.8.3", "engine_steps": "0.6.4", "tpot": "0.11.0", "queue": "0.6.4", "prefill": "0.6.4", "decode": "0.6.4",
			},
		},
		{
			file: "vllm-0.7.0-V0-multiproc-aibrix-excerpt.txt", model: "Qwen/Qwen2.5-Coder-1.5B-Instruct",
			found: map[string]float64{
				"running": 0, "waiting": 0, "swapped": 0, "kv_usage": 0, "kv_capacity_tokens": 81767 * 16,
				"preemptions": 0, "prompt_tokens": 148, "generation_tokens": 955,
			},
			missing: map[string]string{
				"prefix_query_tokens": "prefix caching is off", "prefix_hit_tokens": "prefix caching is off",
				"draft_tokens": "speculative", "accepted_tokens": "speculative", "errors": "0.8.3",
				"engine_steps": "no number", "process_started_unix": "several processes",
				"ttft": "no vllm:time_to_first_token_seconds", "itl": "no vllm:inter_token_latency_seconds or vllm:time_per_output_token_seconds",
				"tpot": "0.11.0", "e2e": "", "queue": "", "prefill": "", "decode": "", "prompt_lengths": "", "output_lengths": "",
			},
		},
		{
			file: "vllm-0.11.0-V1-hardware-aware-router.txt", model: "Qwen/Qwen1.5-0.5B-Chat",
			found: map[string]float64{
				"running": 0, "waiting": 0, "kv_usage": 0, "kv_capacity_tokens": 2452 * 16, "preemptions": 0,
				"prompt_tokens": 0, "generation_tokens": 0, "prefix_query_tokens": 0, "prefix_hit_tokens": 0,
				"engine_steps": 0, "process_started_unix": 1.76243836732e+09,
				"ttft": 0, "itl": 0, "tpot": 0, "e2e": 0, "queue": 0, "prefill": 0, "decode": 0, "prompt_lengths": 0, "output_lengths": 0,
			},
			missing: map[string]string{
				"swapped": "never swaps", "draft_tokens": "speculative", "accepted_tokens": "speculative", "errors": "after the first request",
			},
		},
	} {
		r := readRecorded(t, c.file)
		require.Equal(t, c.model, r.Model, c.file)
		require.Empty(t, r.Unrecognised, c.file)
		got := map[string]float64{}
		for name, m := range measures(r) {
			if v, ok := m.Get(); ok {
				got[name] = v
			}
		}
		for name, h := range histograms(r) {
			if h != nil {
				got[name] = h.Count
			}
		}
		require.Equal(t, c.found, got, c.file)
		require.Len(t, r.Missing, len(c.missing), "%s: %v", c.file, r.Missing)
		for _, m := range r.Missing {
			reason, expected := c.missing[m.Quantity]
			require.True(t, expected, "%s: %s is missing: %s", c.file, m.Quantity, m.Reason)
			require.Contains(t, m.Reason, reason, "%s: %s", c.file, m.Quantity)
		}
	}
}

func TestRecordedPages_ValuesAgainstThePage(t *testing.T) {
	t.Parallel()
	v0 := readRecorded(t, "vllm-0.4.3-V0-datadog.txt")
	require.Equal(t, "0.9", v0.Revealed["gpu_memory_utilization"])
	require.Equal(t, map[string]float64{"length": 1}, nonZero(v0.FinishedByReason))

	v1 := readRecorded(t, "vllm-0.11.0-V1-hardware-aware-router.txt")
	require.Equal(t, "0.25", v1.Revealed["gpu_memory_utilization"])
	require.Equal(t, "sha256", v1.Revealed["prefix_caching_hash_algo"])
	require.NotContains(t, v1.Revealed, "engine")
	require.Contains(t, v1.FinishedByReason, "abort", "vLLM creates its label sets at zero")
	require.Empty(t, nonZero(v1.FinishedByReason))
	require.Len(t, v1.TTFT.Bounds, 22, "the bound +Inf is not stored")

	multi := readRecorded(t, "vllm-0.7.0-V0-multiproc-aibrix-excerpt.txt")
	require.False(t, multi.ProcessStartedUnix.IsKnown())
}

func nonZero(in map[string]float64) map[string]float64 {
	out := map[string]float64{}
	for k, v := range in {
		if v != 0 {
			out[k] = v
		}
	}
	return out
}
