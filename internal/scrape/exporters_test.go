package scrape_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// dcgmPage is cut from what dcgm-exporter serves of a node with two GPUs.
const dcgmPage = `# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).
# TYPE DCGM_FI_DEV_GPU_UTIL gauge
DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-a",device="nvidia0",modelName="NVIDIA H100 80GB HBM3",Hostname="node-1",pod="chat-0",namespace="prod"} 87
DCGM_FI_DEV_GPU_UTIL{gpu="1",UUID="GPU-b",device="nvidia1",modelName="NVIDIA H100 80GB HBM3",Hostname="node-1",pod="chat-1",namespace="prod"} 0
# HELP DCGM_FI_DEV_FB_FREE Frame buffer memory free (in MB).
# TYPE DCGM_FI_DEV_FB_FREE gauge
DCGM_FI_DEV_FB_FREE{gpu="0",UUID="GPU-a",device="nvidia0",Hostname="node-1",pod="chat-0",namespace="prod"} 5000
DCGM_FI_DEV_FB_FREE{gpu="1",UUID="GPU-b",device="nvidia1",Hostname="node-1",pod="chat-1",namespace="prod"} 81000
# HELP DCGM_FI_DEV_FB_USED Frame buffer memory used (in MB).
# TYPE DCGM_FI_DEV_FB_USED gauge
DCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-a",device="nvidia0",Hostname="node-1",pod="chat-0",namespace="prod"} 76000
DCGM_FI_DEV_FB_USED{gpu="1",UUID="GPU-b",device="nvidia1",Hostname="node-1",pod="chat-1",namespace="prod"} 0
`

func exporter(t *testing.T) string {
	return replica(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, dcgmPage) })
}

// addGPU reads the GPUs of a replica on the loopback.
func addGPU(t *testing.T, source serving.GPUSource) serving.Reading {
	t.Helper()
	readings := []serving.Reading{{Endpoint: "http://127.0.0.1:8000"}, {Endpoint: "http://127.0.0.1:8000"}}
	out := scrape.NewExporters(&http.Client{}).AddGPU(t.Context(), serving.Fleet{GPUMetrics: source}, readings)
	require.Len(t, out, 2)
	require.Empty(t, out[0].Missing)
	require.False(t, out[0].GPUUtilization.IsKnown(), "a page has no past")
	return out[1]
}

func TestExporters_TheReplicasGPUsByTheirLabels(t *testing.T) {
	t.Parallel()
	r := addGPU(t, serving.GPUSource{Addresses: []string{exporter(t)}, Labels: map[string]string{"namespace": "prod"},
		Replicas: map[string]map[string]string{"http://127.0.0.1:8000": {"gpu": "0"}}})
	require.Equal(t, serving.Known(0.87), r.GPUUtilization)
	require.Equal(t, serving.Known(76000*1048576), r.GPUMemoryUsedBytes)
	require.Equal(t, serving.Known(81000*1048576), r.GPUMemoryTotalBytes)
}

func TestExporters_WhatCannotBeTold_IsMissingWithItsReason(t *testing.T) {
	t.Parallel()
	gone := "http://127.0.0.1:1"
	elsewhere := strings.Replace(exporter(t), "127.0.0.1", "localhost", 1)
	for text, source := range map[string]serving.GPUSource{
		"2 GPUs and a replica uses 1": {Addresses: []string{exporter(t)}},
		"cannot be read":              {Addresses: []string{gone}},
		"on the replica's host":       {Addresses: []string{elsewhere}},
	} {
		r := addGPU(t, source)
		require.False(t, r.GPUUtilization.IsKnown(), text)
		require.Len(t, r.Missing, 3, text)
		require.Contains(t, r.Missing[0].Reason, text)
	}
}

func TestExporters_HostNamesThatDiffer_LabelsTell(t *testing.T) {
	t.Parallel()
	elsewhere := strings.Replace(exporter(t), "127.0.0.1", "localhost", 1)
	r := addGPU(t, serving.GPUSource{Addresses: []string{elsewhere, strings.Replace(exporter(t), "127.0.0.1", "localhost", 1)},
		Replicas: map[string]map[string]string{"http://127.0.0.1:8000": {"pod": "chat-1"}}})
	require.Equal(t, serving.Known(0), r.GPUUtilization, "idle, and known to be")
}
