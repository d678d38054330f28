package watch_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/watch"
)

// A short measurement finds every upset, attributes it, and reports what it cost.
func TestMeasure_EveryUpset_IsFound(t *testing.T) {
	t.Parallel()
	r, err := watch.Measure(watch.Load{Fleets: 20, TickSeconds: 0.1, UpsetWithin: 0.3, Samples: 20})
	require.NoError(t, err)
	require.True(t, r.Simulated)
	require.Len(t, r.Rows, 2)
	for _, row := range r.Rows {
		require.Equal(t, 10, row.Fleets, row.Upset)
		require.Equal(t, 10, row.Found, row.Upset)
		require.LessOrEqual(t, row.P50Seconds, row.MaxSeconds)
		require.Positive(t, row.MaxSeconds)
	}
	require.Positive(t, r.Looks)
	require.Positive(t, r.CPUMillisPerLook)
	var out bytes.Buffer
	require.NoError(t, r.Print(&out))
	require.Contains(t, out.String(), "20 fleets")
	require.Contains(t, out.String(), "moved weights")
}

// A watch that misses must be called a miss.
func TestPrint_LateOrUnfound_IsAMiss(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]watch.Row{
		"late":    {Upset: "x", Fleets: 2, Found: 2, MaxSeconds: 31},
		"unfound": {Upset: "x", Fleets: 2, Found: 1, MaxSeconds: 1},
	} {
		var out bytes.Buffer
		require.NoError(t, watch.Report{Rows: []watch.Row{row}}.Print(&out), name)
		require.Contains(t, out.String(), "missed", name)
	}
}
