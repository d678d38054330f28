package sglang_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/sglang"
	"github.com/optiinfra/performance-agent/internal/recorded"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// always are the quantities that no version of SGLang exposes.
func always() []string {
	return []string{"swapped", "process_started_unix", "draft_tokens", "accepted_tokens", "engine_steps", "tpot", "prefill", "decode"}
}

func TestRead_EmptyPage_MissesEverythingAndKnowsNothing(t *testing.T) {
	t.Parallel()
	r := sglang.New().Read(nil)
	require.Equal(t, serving.SGLang, r.Engine)
	require.Empty(t, r.Derived)
	require.Nil(t, r.Revealed)
	require.Len(t, r.Missing, 26, "15 numbers, 9 distributions, the reasons and the model")
	seen := map[string]bool{}
	for _, m := range r.Missing {
		require.False(t, seen[m.Quantity], "%s twice", m.Quantity)
		require.Greater(t, len(m.Reason), 15, m.Quantity)
		require.NotContains(t, m.Reason, "no :", m.Quantity)
		seen[m.Quantity] = true
	}
	data, err := json.Marshal(r)
	require.NoError(t, err)
	require.Contains(t, string(data), `"preemptions":null`)
}

func TestRead_RecordedPageOf040(t *testing.T) {
	t.Parallel()
	r := read(t, strings.TrimRight(string(recorded.Read(t, "metrics", "sglang-0.4-docs.txt")), "\n")+"\n")
	require.Equal(t, "meta-llama/Llama-3.1-8B-Instruct", r.Model)
	require.Equal(t, serving.Known(162), r.Running)
	require.Equal(t, serving.Known(2826), r.Waiting)
	require.Equal(t, serving.Known(0.28), r.KVUsage)
	require.Equal(t, serving.Known(8.128902e+06), r.PromptTokens)
	require.Equal(t, serving.Known(7.557572e+06), r.GenerationTokens)
	require.InDelta(t, 11008.0, r.TTFT.Count, 0)
	require.InDelta(t, 11228.0, r.E2E.Count, 0)
	require.InDelta(t, 7400757.0, r.ITL.Count, 0, "the old name of the gaps between tokens")
	require.Empty(t, r.Unrecognised)
	require.ElementsMatch(t, append(always(), "kv_capacity_tokens", "preemptions", "prefix_query_tokens", "prefix_hit_tokens", "errors", "queue",
		"prompt_lengths", "output_lengths", "finished_by_reason"), missing(r))
	require.Contains(t, reason(t, r, "preemptions"), "exposed from 0.5.7")
	require.Contains(t, reason(t, r, "prefix_hit_tokens"), "0.4.3.post4", "the hit rate of the last batch is not used")
	require.Equal(t, map[string]string{"prompt_tokens": "counted when a request ends", "generation_tokens": "counted when a request ends"}, derived(r))
}

func TestRead_046(t *testing.T) {
	t.Parallel()
	r := read(t, page046)
	require.Equal(t, serving.Known(12), r.Running)
	require.Equal(t, serving.Known(5), r.Waiting)
	require.Equal(t, serving.Known(1000), r.PromptTokens)
	require.Equal(t, serving.Known(500), r.GenerationTokens, "nothing counts tokens live in this version")
	require.Equal(t, serving.Known(1000), r.PrefixQueryTokens)
	require.Equal(t, serving.Known(250), r.PrefixHitTokens)
	require.Equal(t, map[string]float64{"finished": 40}, r.FinishedByReason)
	require.InDelta(t, 460.0, r.ITL.Count, 0)
	require.Equal(t, map[string]string{"spec_accept_length": "2.5"}, r.Revealed)
	require.Empty(t, r.Unrecognised)
	require.Equal(t, "num_queue_reqs + num_grammar_queue_reqs", derived(r)["waiting"])
	require.Contains(t, derived(r)["finished_by_reason"], "does not say why")
	require.ElementsMatch(t, append(always(), "kv_capacity_tokens", "preemptions", "errors", "queue", "e2e", "prompt_lengths", "output_lengths"), missing(r))
}

func TestRead_053(t *testing.T) {
	t.Parallel()
	r := read(t, page053)
	require.Equal(t, serving.Known(4), r.Running)
	require.Equal(t, serving.Known(0.99), r.KVUsage)
	require.InDelta(t, 9.0, r.Queue.Count, 0)
	require.InDelta(t, 9.0, r.PromptLengths.Count, 0)
	require.False(t, r.Preemptions.IsKnown(), "the gauge forgets between scrapes")
	require.Contains(t, reason(t, r, "preemptions"), "forget between scrapes")
	require.False(t, r.PrefixHitTokens.IsKnown())
	require.Nil(t, r.FinishedByReason, "aborted requests alone are not all that ended")
	require.Empty(t, r.Unrecognised)
}

func TestRead_0518_GroupsAddUpAndRanksDoNot(t *testing.T) {
	t.Parallel()
	r := read(t, page0518)
	require.Equal(t, serving.Known(30), r.Running, "10 of the first group and 20 of the second, whatever their ranks and priorities")
	require.Equal(t, serving.Known(7), r.Waiting)
	require.InDelta(t, 0.4, r.KVUsage.Or(-1), 1e-12, "the mean of the groups")
	require.Equal(t, serving.Known(200000), r.KVCapacityTokens)
	require.Equal(t, serving.Known(3), r.Preemptions)
	require.Equal(t, serving.Known(3), r.Errors, "failed answers to requests, not the health checks of a start")
	require.Equal(t, map[string]float64{"finished": 66}, r.FinishedByReason)
	require.InDelta(t, 78.0, r.TTFT.Count, 0, "streaming or not")
	require.InDelta(t, 66.0, r.E2E.Count, 0)
	require.Equal(t, map[string]string{"page_size": "64", "context_len": "131072", "spec_accept_rate": "0.65", "spec_accept_length": "2.6"}, r.Revealed)
	require.Empty(t, r.Unrecognised)
	require.ElementsMatch(t, append(always(), "itl", "queue", "prompt_lengths", "output_lengths"), missing(r))
	require.Contains(t, reason(t, r, "accepted_tokens"), "spec_accept_rate")
}

func TestRead_0518_TokensAreThoseOfTheWorkDone(t *testing.T) {
	t.Parallel()
	r := read(t, page0518)
	require.Equal(t, serving.Known(7500), r.PromptTokens, "without what a retraction made the engine do again")
	require.Equal(t, serving.Known(5078), r.GenerationTokens, "5000 of decode steps and 78 first tokens")
	require.Equal(t, serving.Known(7500), r.PrefixQueryTokens)
	require.Equal(t, serving.Known(1000), r.PrefixHitTokens, "on the device and on the host")
	require.Contains(t, derived(r)["generation_tokens"], "first tokens")
}

// without drops a family's lines from a page.
func without(page string, families ...string) string {
	var kept []string
	for _, line := range strings.Split(page, "\n") {
		drop := false
		for _, f := range families {
			drop = drop || strings.Contains(line, "sglang:"+f)
		}
		if !drop {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

func TestRead_057_PrefixCacheFromTheLiveCounter(t *testing.T) {
	t.Parallel()
	r := read(t, without(page0518, "prefill_effective_tokens_total"))
	require.Equal(t, serving.Known(8000), r.PromptTokens)
	require.Equal(t, serving.Known(8000), r.PrefixQueryTokens)
	require.Equal(t, serving.Known(1000), r.PrefixHitTokens)
	require.Contains(t, derived(r)["prompt_tokens"], "retracted")

	cold := read(t, without(page0518, "prefill_effective_tokens_total", `realtime_tokens_total{dp_rank="0",mode="prefill_cache"`))
	require.Equal(t, serving.Known(7000), cold.PrefixQueryTokens)
	require.Equal(t, serving.Known(0), cold.PrefixHitTokens, "a mode appears with its first token")
}

func TestRead_FirstTokensNotCounted_AnswersAreThoseThatEnded(t *testing.T) {
	t.Parallel()
	r := read(t, without(page0518, "time_to_first_token_seconds"))
	require.Equal(t, serving.Known(3000), r.GenerationTokens)
	require.Equal(t, "counted when a request ends", derived(r)["generation_tokens"])
}

func TestRead_NoRetractionYet_IsZeroOnlyWhereTheVersionCountsThem(t *testing.T) {
	t.Parallel()
	quiet := without(page0518, "num_retracted_requests_total")
	r := read(t, quiet)
	require.Equal(t, serving.Known(0), r.Preemptions)
	require.Contains(t, derived(r)["preemptions"], "appears with the first retraction")

	renamed := read(t, quiet+"# TYPE sglang:retractions_v2_total counter\nsglang:retractions_v2_total 3\n")
	require.False(t, renamed.Preemptions.IsKnown(), "a new name about retraction may be the counter")
	require.Equal(t, []string{"sglang:retractions_v2_total"}, renamed.Unrecognised)

	require.False(t, read(t, without(quiet, "realtime_tokens_total")).Preemptions.IsKnown())
	require.Contains(t, reason(t, read(t, quiet+"# TYPE sglang:num_retracted_requests_total gauge\nsglang:num_retracted_requests_total 3\n"), "preemptions"), "is a gauge here")
}

func TestRead_PipelineStages_RunOneBatch(t *testing.T) {
	t.Parallel()
	r := read(t, `# TYPE sglang:num_running_reqs gauge
sglang:num_running_reqs{model_name="m",pp_rank="1",tp_rank="0"} 7
sglang:num_running_reqs{model_name="m",pp_rank="0",tp_rank="0"} 8
# TYPE sglang:num_queue_reqs gauge
sglang:num_queue_reqs{model_name="m",pp_rank="0",tp_rank="0"} 0
`)
	require.Equal(t, serving.Known(8), r.Running)
	require.Equal(t, serving.Known(0), r.Waiting)
	require.NotContains(t, derived(r), "waiting", "before 0.4.6.post4 the queue is all that waits")
}

func TestRead_PrioritiesWithoutATotal_AreAdded(t *testing.T) {
	t.Parallel()
	r := read(t, `# TYPE sglang:num_requests_total counter
sglang:num_requests_total{model_name="m",priority="1"} 7
sglang:num_requests_total{model_name="m",priority="2"} 8
`)
	require.Equal(t, map[string]float64{"finished": 15}, r.FinishedByReason)
}

func TestRead_HybridModel_UsageIsOfTheFullestPool(t *testing.T) {
	t.Parallel()
	r := read(t, `# TYPE sglang:token_usage gauge
sglang:token_usage{model_name="m"} 0.67
# TYPE sglang:full_token_usage gauge
sglang:full_token_usage{model_name="m"} 0.088
# TYPE sglang:mamba_usage gauge
sglang:mamba_usage{model_name="m"} 0.67
`)
	require.Equal(t, serving.Known(0.67), r.KVUsage)
	require.Empty(t, r.Unrecognised)
}

func TestRead_OldQueueHistogramAndCacheInfo(t *testing.T) {
	t.Parallel()
	r := read(t, `# TYPE sglang:queue_time_s histogram
sglang:queue_time_s_sum{model_name="m"} 1
sglang:queue_time_s_bucket{le="+Inf",model_name="m"} 4
sglang:queue_time_s_count{model_name="m"} 4
# TYPE sglang:cache_config_info gauge
sglang:cache_config_info{model_name="m",num_pages="1000",page_size="16",pid="9",tp_rank="0"} 1
# TYPE sglang:spec_accept_length gauge
sglang:spec_accept_length{model_name="m"} 0
`)
	require.InDelta(t, 4.0, r.Queue.Count, 0)
	require.Equal(t, map[string]string{"num_pages": "1000", "page_size": "16"}, r.Revealed, "a gauge of speculation at 0 says that it is off")
}

func TestRead_WhatCannotBeUsed_IsMissingWithTheReason(t *testing.T) {
	t.Parallel()
	r := read(t, `# TYPE sglang:token_usage gauge
sglang:token_usage{model_name="m"} NaN
# TYPE sglang:num_running_reqs histogram
sglang:num_running_reqs_sum{model_name="m"} 1
sglang:num_running_reqs_bucket{le="+Inf",model_name="m"} 4
sglang:num_running_reqs_count{model_name="m"} 4
# TYPE sglang:num_queue_reqs gauge
sglang:num_queue_reqs{dp_rank="0",model_name="m"} 4
sglang:num_queue_reqs{dp_rank="1",model_name="m"} NaN
# TYPE sglang:num_grammar_queue_reqs gauge
sglang:num_grammar_queue_reqs{dp_rank="0",model_name="m"} 4
# TYPE sglang:num_requests_total counter
sglang:num_requests_total{model_name="m"} NaN
`)
	for quantity, part := range map[string]string{
		"kv_usage": "has no number", "running": "is a histogram here, not a gauge", "waiting": "has no number", "finished_by_reason": "has no number",
	} {
		require.Contains(t, reason(t, r, quantity), part, quantity)
	}
	require.False(t, r.Waiting.IsKnown(), "part of a sum is not the sum")
	require.Nil(t, r.FinishedByReason)
}

func TestRecognises_AllItsOwnAndNoOther(t *testing.T) {
	t.Parallel()
	e := sglang.New()
	for name, own := range map[string]bool{
		"sglang:num_running_reqs": true, "sglang:anything_new": true, "vllm:num_requests_running": false, "tgi_queue_size": false,
		"sglang_router_requests_total": false, "python_info": false,
	} {
		require.Equal(t, own, e.Recognises(name), name)
	}
	r := read(t, "# TYPE sglang:kv_usage_v2 gauge\nsglang:kv_usage_v2 1\n# TYPE python_info gauge\npython_info 1\n# TYPE sglang:hicache_host_used_tokens gauge\nsglang:hicache_host_used_tokens 1\n")
	require.Equal(t, []string{"sglang:kv_usage_v2"}, r.Unrecognised)
}

func TestRead_LeavesThePageAlone(t *testing.T) {
	t.Parallel()
	page := engine.Families{{Name: "sglang:num_running_reqs", Type: engine.TypeGauge, Series: []engine.Series{
		{Labels: map[string]string{"tp_rank": "1"}, Value: 1}, {Labels: map[string]string{"tp_rank": "0"}, Value: 2},
	}}}
	require.Equal(t, serving.Known(2), sglang.New().Read(page).Running)
	require.Len(t, page[0].Series, 2)
	require.Equal(t, "1", page[0].Series[0].Labels["tp_rank"])
}
