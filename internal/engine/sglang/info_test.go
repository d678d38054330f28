package sglang_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/sglang"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const serverInfo = `{
 "model_path": "/models/llama", "served_model_name": "llama", "api_key": "sk-secret", "admin_api_key": "sk-admin", "host": "10.0.0.7", "dist_init_addr": "10.0.0.7:5000",
 "tp_size": 2, "dp_size": 2, "mem_fraction_static": null, "max_running_requests": null, "chunked_prefill_size": 8192, "disable_radix_cache": false,
 "kv_cache_dtype": "auto", "quantization": null, "cuda_graph_bs": [1, 2, 4], "schedule_conservativeness": 1.0, "context_length": null, "speculative_algorithm": null,
 "max_total_num_tokens": 20480, "max_req_input_len": 131066, "version": "0.5.15",
 "internal_states": [
  {"api_key": "sk-secret", "mem_fraction_static": 0.857, "chunked_prefill_size": 4096, "effective_max_running_requests_per_dp": 128, "context_length": 131072,
   "memory_usage": {"weight": 0.98, "kvcache": 0.23, "token_capacity": 20480, "graph": 0}, "last_gen_throughput": 129.3},
  {"mem_fraction_static": 0.857, "memory_usage": {"token_capacity": 20000}}]}`

func TestReadInfo_ServerInfo_TakesWhatTheGroupsResolved(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/server_info", "/get_server_info"} {
		info, err := sglang.New().ReadInfo(path, []byte(serverInfo))
		require.NoError(t, err)
		require.Equal(t, "llama", info.Model)
		require.Equal(t, "0.5.15", info.Version)
		require.Equal(t, serving.Known(40480), info.KVCapacityTokens)
		require.Equal(t, map[string]string{
			"model_path": "/models/llama", "served_model_name": "llama", "tp_size": "2", "dp_size": "2", "mem_fraction_static": "0.857",
			"chunked_prefill_size": "4096", "disable_radix_cache": "false", "kv_cache_dtype": "auto", "cuda_graph_bs": "[1,2,4]",
			"schedule_conservativeness": "1.0", "context_length": "131072", "max_total_num_tokens": "20480", "max_req_input_len": "131066",
			"effective_max_running_requests_per_dp": "128",
		}, info.Revealed, "null is not resolved, keys and addresses are not repeated")
	}
}

func TestReadInfo_Capacity_OfEveryGroupOrElseOfTheFirstForEach(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]serving.Measure{
		`{"max_total_num_tokens": 1000}`:                                                                                      serving.Known(1000),
		`{"max_total_num_tokens": 1000, "internal_states": []}`:                                                               serving.Known(1000),
		`{"max_total_num_tokens": 1000, "internal_states": [{}, {}]}`:                                                         serving.Known(2000),
		`{"max_total_num_tokens": 1000, "internal_states": [{"memory_usage": {"token_capacity": 900}}, {"memory_usage": 3}]}`: serving.Known(2000),
		`{"max_total_num_tokens": null, "internal_states": [{"memory_usage": {"token_capacity": 900}}]}`:                      serving.Known(900),
		`{"max_total_num_tokens": "many"}`:                                                                                    serving.Unknown(),
		`{}`:                                                                                                                  serving.Unknown(),
	} {
		info, err := sglang.New().ReadInfo("/server_info", []byte(body))
		require.NoError(t, err, body)
		require.Equal(t, want, info.KVCapacityTokens, body)
	}
}

func TestReadInfo_CompletesAReading(t *testing.T) {
	t.Parallel()
	info, err := sglang.New().ReadInfo("/get_server_info", []byte(serverInfo))
	require.NoError(t, err)
	r := info.Complete(read(t, page046))
	require.Equal(t, "0.5.15", r.Version)
	require.Equal(t, "m", r.Model, "the page's own word counts more")
	require.Equal(t, serving.Known(40480), r.KVCapacityTokens)
	require.NotContains(t, missing(r), "kv_capacity_tokens")
	require.Equal(t, "2.5", r.Revealed["spec_accept_length"])
	require.Equal(t, "0.857", r.Revealed["mem_fraction_static"])
}

func TestReadInfo_ModelInfo(t *testing.T) {
	t.Parallel()
	info, err := sglang.New().ReadInfo("/model_info", []byte(`{"model_path": "/models/llama", "tokenizer_path": "/t", "weight_version": "default", "model_type": "llama", "is_generation": true}`))
	require.NoError(t, err)
	require.Equal(t, "/models/llama", info.Model)
	require.Equal(t, map[string]string{"model_path": "/models/llama", "weight_version": "default", "model_type": "llama"}, info.Revealed)
	require.False(t, info.KVCapacityTokens.IsKnown())
}

func TestReadInfo_WhatItCannotRead_NamesTheRoute(t *testing.T) {
	t.Parallel()
	e := sglang.New()
	require.Equal(t, []string{"/server_info", "/get_server_info", "/model_info"}, e.InfoPaths())
	for _, path := range e.InfoPaths() {
		_, err := e.ReadInfo(path, []byte("<html>"))
		require.ErrorContains(t, err, "read sglang "+path)
	}
	_, err := e.ReadInfo("/server_info", []byte(`{"internal_states": 5}`))
	require.ErrorContains(t, err, "internal_states")
	_, err = e.ReadInfo("/v1/models", nil)
	require.ErrorContains(t, err, "is not one of its routes")
}
