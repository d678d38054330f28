package scrape_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/recorded"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func readRecorded(t *testing.T, name string) serving.Reading {
	t.Helper()
	page := strings.TrimRight(string(recorded.Read(t, "metrics", name)), "\n") + "\n"
	return vllm.New().Read(parse(t, page))
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
