package tgi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/tgi"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// The fields of /info in 2.0 and in 3.x, by struct Info of router/src/lib.rs.
const (
	info2 = `{"model_id":"bigscience/bloom-560m","model_sha":"e985a63","model_dtype":"torch.float16","model_device_type":"cuda",
"model_pipeline_tag":"text-generation","max_concurrent_requests":128,"max_best_of":2,"max_stop_sequences":4,"max_input_length":1024,
"max_total_tokens":2048,"waiting_served_ratio":1.2,"max_batch_total_tokens":32000,"max_waiting_tokens":20,"max_batch_size":null,
"validation_workers":2,"version":"2.0.4","sha":null,"docker_label":null}`
	info3 = `{"model_id":"meta-llama/Llama-3.1-8B-Instruct","model_sha":"0e9e39f","model_pipeline_tag":null,"max_concurrent_requests":512,
"max_best_of":2,"max_stop_sequences":4,"max_input_tokens":8191,"max_total_tokens":8192,"validation_workers":2,"max_client_batch_size":4,
"router":"text-generation-router","version":"3.3.7","sha":"8b91be2","docker_label":"sha-8b91be2"}`
)

func TestReadInfo_OfVersion2_StatesTheCapacity(t *testing.T) {
	t.Parallel()
	info, err := tgi.New().ReadInfo("/info", []byte(info2))
	require.NoError(t, err)
	require.Equal(t, "bigscience/bloom-560m", info.Model)
	require.Equal(t, "2.0.4", info.Version)
	require.Equal(t, serving.Known(32000), info.KVCapacityTokens)
	require.Equal(t, "1024", info.Revealed["max_input_length"])
	require.Equal(t, "1.2", info.Revealed["waiting_served_ratio"])
	require.NotContains(t, info.Revealed, "max_batch_size", "null is not set")
}

func TestReadInfo_OfVersion3_StatesTheLimitsOnly(t *testing.T) {
	t.Parallel()
	info, err := tgi.New().ReadInfo("/info", []byte(info3))
	require.NoError(t, err)
	require.Equal(t, "3.3.7", info.Version)
	require.False(t, info.KVCapacityTokens.IsKnown())
	require.Equal(t, "512", info.Revealed["max_concurrent_requests"])
	require.Equal(t, "sha-8b91be2", info.Revealed["docker_label"])
	require.Equal(t, []string{"/info"}, tgi.New().InfoPaths())
}

func TestReadInfo_WhatIsNoInfo_IsAnError(t *testing.T) {
	t.Parallel()
	_, err := tgi.New().ReadInfo("/info", []byte("<html>"))
	require.ErrorContains(t, err, "read tgi /info")
	_, err = tgi.New().ReadInfo("/version", nil)
	require.ErrorContains(t, err, "/version is not one of its routes")
	info, err := tgi.New().ReadInfo("/info", []byte(`{"model_id":7,"max_batch_total_tokens":"many"}`))
	require.NoError(t, err)
	require.Equal(t, "7", info.Model, "shown as it is written")
	require.False(t, info.KVCapacityTokens.IsKnown())
}

func TestInfo_CompletesTheUseOfTheCache_WhereItStatesTheCapacity(t *testing.T) {
	t.Parallel()
	reading := read(gauge("tgi_batch_current_max_tokens", 8000))
	require.Contains(t, reason(t, reading, "kv_usage"), "where the capacity is known")
	old, err := tgi.New().ReadInfo("/info", []byte(info2))
	require.NoError(t, err)
	got := old.Complete(reading)
	require.Equal(t, serving.Known(0.25), got.KVUsage)
	require.Contains(t, how(t, got, "kv_usage"), "set aside")
	require.Equal(t, "bigscience/bloom-560m", got.Model)
	for _, m := range got.Missing {
		require.NotContains(t, []string{"kv_usage", "kv_capacity_tokens", "model"}, m.Quantity)
	}
	newer, err := tgi.New().ReadInfo("/info", []byte(info3))
	require.NoError(t, err)
	require.False(t, newer.Complete(reading).KVUsage.IsKnown())
	require.NotEmpty(t, reason(t, newer.Complete(reading), "kv_usage"))
}
