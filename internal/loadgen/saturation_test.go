package loadgen_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var slo = objective(serving.MetricTTFT, 0.95, 0.5)

// A server 20% beyond its capacity: each second the wait is 0.2 s longer.
func fallingBehind() loadgen.Seen {
	return answered(400, 40, func(i int, at float64) float64 { return 0.1 + 0.2*at + 0.02*jitter(i) })
}

func TestSaturating_BothGrowBeyondTheObjective(t *testing.T) {
	t.Parallel()
	why, yes := loadgen.Saturating(fallingBehind(), slo)
	require.True(t, yes)
	require.InDelta(t, 0.2, why.Observed, 0.02)
	require.Contains(t, why.Text, "over-saturated")
}

func TestSaturating_FastModel_IsCaughtByItsObjective(t *testing.T) {
	t.Parallel()
	// The waits stay below the 2.5 s of GuideLLM all along.
	fast := answered(400, 40, func(i int, at float64) float64 { return 0.01 + 0.03*at + 0.002*jitter(i) })
	_, yes := loadgen.Saturating(fast, objective(serving.MetricTTFT, 0.95, 0.2))
	require.True(t, yes)
	_, yes = loadgen.Saturating(fast, objective(serving.MetricTTFT, 0.95, 2.5))
	require.False(t, yes, "within its objective there is no alarm")
}

func TestSaturating_WhatDoesNotGrow_IsNone(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]loadgen.Seen{
		"slow but steady": answered(400, 40, func(i int, _ float64) float64 { return 2 + 0.1*jitter(i) }),
		"getting better":  answered(400, 40, func(i int, at float64) float64 { return 9 - 0.2*at }),
		"two seconds":     answered(20, 2, func(i int, at float64) float64 { return 1 + at }),
		"nothing":         {Window: 10, Now: 10, AloftAtEnd: -1},
	} {
		_, yes := loadgen.Saturating(s, slo)
		require.False(t, yes, name)
	}
	_, yes := loadgen.Saturating(fallingBehind())
	require.False(t, yes, "without an objective on the first token it says nothing")
}

func TestSaturating_RequestsWithoutAFirstToken_Count(t *testing.T) {
	t.Parallel()
	s := loadgen.Seen{Rate: 10, Planned: 400, Now: 40, Window: 40, AloftAtEnd: -1}
	for i := range 400 { // an engine that has stopped answering after 10 s
		if at := float64(i) / 10; at < 10 {
			s.Landed = append(s.Landed, loadgen.SeenRequest{At: at, TTFT: 0.1, E2E: 0.2})
		} else {
			s.Waiting = append(s.Waiting, loadgen.SeenWaiting{At: at})
		}
	}
	_, yes := loadgen.Saturating(s, slo)
	require.False(t, yes, "the newer ones have waited for less: their slope is down")
	_, lost := loadgen.Hopeless(s, slo)
	require.True(t, lost, "another rule sees it")
}
