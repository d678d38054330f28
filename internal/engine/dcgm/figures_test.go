package dcgm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/dcgm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// gpu is one series of a field.
func gpu(number, pod string, value float64) engine.Series {
	return engine.Series{Value: value, Labels: map[string]string{"gpu": number, "UUID": "GPU-" + number, "Hostname": "node-1", "pod": pod}}
}

func field(name string, series ...engine.Series) engine.Family {
	return engine.Family{Name: name, Type: engine.TypeGauge, Series: series}
}

func quantities(f dcgm.Figures) (out []string) {
	for _, m := range f.Missing {
		out = append(out, m.Quantity)
	}
	return out
}

var node = engine.Families{
	field("DCGM_FI_DEV_FB_FREE", gpu("0", "a", 1000), gpu("1", "a", 3000), gpu("2", "b", 80000)),
	field("DCGM_FI_DEV_FB_USED", gpu("0", "a", 70000), gpu("1", "a", 68000), gpu("2", "b", 0)),
	field("DCGM_FI_DEV_GPU_UTIL", gpu("0", "a", 90), gpu("1", "a", 100), gpu("2", "b", 0)),
}

func TestRead_MeanOfUtilizationAndSumOfMemory(t *testing.T) {
	t.Parallel()
	f := dcgm.Read(node, map[string]string{"pod": "a"}, 2)
	require.Equal(t, serving.Known(0.95), f.Utilization)
	require.Equal(t, serving.Known(138000*1048576), f.MemoryUsedBytes)
	require.Equal(t, serving.Known(142000*1048576), f.MemoryTotalBytes)
	require.Empty(t, f.Missing)
	require.Len(t, f.Derived, 2, "kernel time is an upper bound, used + free a lower one")
}

func TestRead_AnIdleGPU_IsZeroAndKnown(t *testing.T) {
	t.Parallel()
	f := dcgm.Read(node, map[string]string{"gpu": "2"}, 0)
	require.Equal(t, serving.Known(0), f.Utilization)
	require.Equal(t, serving.Known(0), f.MemoryUsedBytes)
}

func TestRead_ProfilingFieldAndTotal_ArePreferred(t *testing.T) {
	t.Parallel()
	page := append(engine.Families{}, node...)
	page = append(page, field("DCGM_FI_PROF_GR_ENGINE_ACTIVE", gpu("0", "a", 0.5), gpu("1", "a", 0.7)),
		field("DCGM_FI_DEV_FB_TOTAL", gpu("0", "a", 81920), gpu("1", "a", 81920)))
	f := dcgm.Read(page, map[string]string{"pod": "a"}, 2)
	require.InDelta(t, 0.6, f.Utilization.Or(0), 1e-12)
	require.Equal(t, serving.Known(2*81920*1048576), f.MemoryTotalBytes)
	require.Empty(t, f.Derived)
	page = append(page, field("DCGM_FI_DEV_FB_RESERVED", gpu("2", "b", 600)))
	f = dcgm.Read(page, map[string]string{"pod": "b"}, 1)
	require.Equal(t, serving.Known(0), f.Utilization, "the profiling field is not of every GPU")
	require.Equal(t, serving.Known(80600*1048576), f.MemoryTotalBytes)
}

func TestRead_AnotherNumberOfGPUs_IsMissingAndSaysHowToMend(t *testing.T) {
	t.Parallel()
	for labels, text := range map[string]string{"": "3 GPUs and a replica uses 1", "b": `1 GPUs with pod="b" and a replica uses 2`, "none": "0 GPUs with"} {
		match, want := map[string]string{}, 1
		if labels != "" {
			match, want = map[string]string{"pod": labels}, 2
		}
		f := dcgm.Read(node, match, want)
		require.False(t, f.Utilization.IsKnown())
		require.False(t, f.MemoryUsedBytes.IsKnown())
		require.Equal(t, []string{"gpu_utilization", "gpu_memory_used_bytes", "gpu_memory_total_bytes"}, quantities(f))
		require.Contains(t, f.Missing[0].Reason, text)
		require.Contains(t, f.Missing[0].Reason, "gpu_metrics")
	}
}

func TestRead_SlicesOfOneGPU_AreTold(t *testing.T) {
	t.Parallel()
	slice := func(id string, v float64) engine.Series {
		s := gpu("0", "a", v)
		s.Labels["GPU_I_ID"] = id
		return s
	}
	page := engine.Families{field("DCGM_FI_PROF_GR_ENGINE_ACTIVE", slice("1", 0.2), slice("2", 0.4))}
	require.InDelta(t, 0.3, dcgm.Read(page, nil, 2).Utilization.Or(0), 1e-12)
	require.Equal(t, serving.Known(0.4), dcgm.Read(page, map[string]string{"GPU_I_ID": "2"}, 1).Utilization)
}

func TestRead_BlankAndImpossibleValues_AreMissing(t *testing.T) {
	t.Parallel()
	f := dcgm.Read(engine.Families{field("DCGM_FI_DEV_FB_USED", gpu("0", "a", 9.223372036854776e18)),
		field("DCGM_FI_DEV_GPU_UTIL", gpu("0", "a", 250))}, nil, 1)
	require.Equal(t, []string{"gpu_utilization", "gpu_memory_used_bytes", "gpu_memory_total_bytes"}, quantities(f))
	require.Contains(t, f.Missing[0].Reason, "out of its range")
	f = dcgm.Read(engine.Families{field("DCGM_FI_DEV_FB_USED", gpu("0", "a", 1))}, nil, 1)
	require.Contains(t, f.Missing[0].Reason, "neither")
}

func TestFigures_AddTo_KeepsWhatTheReadingHas(t *testing.T) {
	t.Parallel()
	r := dcgm.None("no exporter answers").AddTo(serving.Reading{Running: serving.Known(1), Missing: []serving.Missing{{Quantity: "itl", Reason: "none"}}})
	require.Equal(t, serving.Known(1), r.Running)
	require.Len(t, r.Missing, 4)
	require.False(t, r.GPUUtilization.IsKnown())
}
