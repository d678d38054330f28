package sglang

import "slices"

// others are SGLang's families that no entry of the table needs.
func others() []string {
	return slices.Concat(revealing(), []string{
		// Read by hand.
		nameGrammar, nameEffective, nameRealtime, namePrompt, nameGenerated, nameCached, nameFinished, nameCacheInfo,
		// Requests and pools in another form. cache_hit_rate is that of the last
		// prefill batch and 0 after every decode report (sgl-project/sglang#26608).
		"sglang:cache_hit_rate", "sglang:gen_throughput", "sglang:num_used_tokens", "sglang:kv_used_tokens", "sglang:kv_evictable_tokens",
		"sglang:kv_available_tokens", "sglang:kv_transfer_", "sglang:swa_", "sglang:mamba_",
		"sglang:num_running_reqs_offline_batch", "sglang:num_paused_reqs", "sglang:decode_sum_seq_lens", "sglang:routing_key_",
		"sglang:num_unique_running_routing_keys", "sglang:num_so_requests_total", "sglang:num_aborted_requests_total", "sglang:num_aborted_requests",
		"sglang:uncached_prompt_tokens_histogram", "sglang:per_stage_req_latency_seconds", "sglang:avg_request_queue_latency",
		"sglang:pending_prealloc_token_usage", "sglang:dp_cooperation_", "sglang:scheduler_stage_seconds_total",
		// Retraction and the prefix cache.
		"sglang:num_retracted_reqs", "sglang:total_retracted_reqs", "sglang:num_retractions",
		"sglang:num_retracted_input_tokens_total", "sglang:num_retracted_output_tokens_total",
		"sglang:evicted_tokens_total", "sglang:eviction_duration_seconds", "sglang:load_back_", "sglang:hicache_",
		"sglang:prefetched_tokens_total", "sglang:backuped_tokens_total", "sglang:prefetch_", "sglang:backup_",
		// Speculation, graphs and work.
		"sglang:spec_", "sglang:is_cuda_graph", "sglang:cuda_graph_passes_total", "sglang:fwd_occupancy", "sglang:estimated_",
		"sglang:forward_execution_seconds_total", "sglang:gpu_execution_seconds_total", "sglang:eplb_", "sglang:expert_",
		// Stuck at 0 in 0.5.18.
		"sglang:utilization", "sglang:max_running_requests_under_SLO",
		// HTTP, start-up, adapters, and pairs of prefill and decode servers.
		"sglang:http_requests_total", "sglang:http_requests_active", "sglang:func_latency_seconds",
		"sglang:startup_", "sglang:graph_memory_usage_gb", "sglang:engine_", "sglang:lora_pool_", "sglang:grammar_", "sglang:num_grammar_",
		"sglang:num_prefill_", "sglang:num_decode_", "sglang:num_bootstrap_failed_reqs_total", "sglang:num_transfer_failed_reqs_total",
		"sglang:prefill_delayer_", "sglang:bootstrap_", "sglang:transfer_",
	})
}
