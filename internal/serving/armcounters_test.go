package serving_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestArmCounters_Since_IsTheDifferenceWithinAnEpoch(t *testing.T) {
	t.Parallel()
	before := serving.ArmCounters{Variant: serving.Canary, Requests: 100, Failed: 3, Epoch: "a"}
	now := serving.ArmCounters{Variant: serving.Canary, Requests: 150, Failed: 3, Epoch: "a"}
	delta, ok := now.Since(before)
	require.True(t, ok)
	require.Equal(t, serving.ArmCounters{Variant: serving.Canary, Requests: 50, Epoch: "a"}, delta)
	same, ok := now.Since(now)
	require.True(t, ok, "nothing happened is an answer")
	require.Zero(t, same.Requests)
}

func TestArmCounters_Since_ARestartedCounterIsNoWindow(t *testing.T) {
	t.Parallel()
	before := serving.ArmCounters{Variant: serving.Canary, Requests: 100, Failed: 3, Epoch: "a"}
	for name, now := range map[string]serving.ArmCounters{
		"another epoch, though the counts rose": {Variant: serving.Canary, Requests: 150, Failed: 3, Epoch: "b"},
		"requests fell":                         {Variant: serving.Canary, Requests: 99, Failed: 3, Epoch: "a"},
		"failures fell":                         {Variant: serving.Canary, Requests: 150, Failed: 2, Epoch: "a"},
		"another variant":                       {Variant: serving.Stable, Requests: 150, Failed: 3, Epoch: "a"},
	} {
		_, ok := now.Since(before)
		require.False(t, ok, name)
	}
}
