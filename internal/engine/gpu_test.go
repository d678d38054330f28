package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
)

func TestLookUpGPU_NamesAsPeopleAndDriversWriteThem(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]engine.GPU{
		"H100": {90, 80}, "NVIDIA H100 80GB HBM3": {90, 80}, "h100 sxm": {90, 80}, "H200": {90, 141}, "H20": {90, 96}, "GH200": {90, 96},
		"A100-80": {80, 40}, "A10G": {86, 24}, "L40S": {89, 48}, "L4": {89, 24}, "Tesla T4": {75, 16},
		"NVIDIA GeForce RTX 4090": {89, 8}, "RTX 6000 Ada": {89, 48}, "RTX A6000": {86, 16}, "NVIDIA B200": {100, 180},
	} {
		got, ok := engine.LookUpGPU(name)
		require.True(t, ok, name)
		require.Equal(t, want, got, name)
	}
	for _, name := range []string{"", "MI300X", "TPU v5e", "NVIDIA"} {
		_, ok := engine.LookUpGPU(name)
		require.False(t, ok, name)
	}
}

func TestCapability_IsWrittenAsNVIDIADoes(t *testing.T) {
	t.Parallel()
	require.Equal(t, "8.9", engine.Capability(89).String())
	require.Equal(t, "10.3", engine.Capability(103).String())
}
