package growth_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/growth"
	"github.com/optiinfra/performance-agent/internal/bench/record"
	"github.com/optiinfra/performance-agent/workflows"
)

var recorded = filepath.Join("..", "..", "..", "workflows", "testdata", "replay")

// The entries follow from one another as their arithmetic says.
func TestMeasure_AddsUpWhatTheHistoriesShow(t *testing.T) {
	t.Parallel()
	r, err := growth.Measure(recorded)
	require.NoError(t, err)
	by := map[string]growth.Entry{}
	for _, e := range r.Entries {
		require.Positive(t, e.Events, e.Name)
		require.Greater(t, e.Bytes, e.Events, "an event has more than a byte: %s", e.Name)
		require.NotEmpty(t, e.How)
		by[e.Name] = e
	}
	round, day := by["one calm round of a monitor"], by["a monitored fleet and day, without changes of state"]
	require.Equal(t, 13.0, round.Events, "load, watch, a task to decide after each, and what the index shows")
	rounds := 86400 / workflows.WatchSeconds
	require.InDelta(t, rounds*13+rounds/workflows.RoundsPerExecution*5, day.Events, 1e-6)
	run, rollout := by["one optimize run that promotes, with its rollout"], by["one rollout, short stages"]
	require.Greater(t, run.Events, rollout.Events+by["one trial"].Events)
	require.Greater(t, run.Bytes, rollout.Bytes)
	require.InDelta(t, 11, by["one look of a stage"].Events, 1e-9)
}

func TestMeasure_NoHistories_IsAnError(t *testing.T) {
	t.Parallel()
	_, err := growth.Measure(t.TempDir())
	require.ErrorContains(t, err, "recorded history")
}

func TestRun_PrintsTheArithmeticAndWritesIt(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "growth.json")
	var out strings.Builder
	require.NoError(t, growth.Run(&out, file, recorded))
	require.Contains(t, out.String(), "288 rounds x 13 events")
	var r growth.Report
	require.NoError(t, record.Read(file, &r))
	require.NotEmpty(t, r.Entries)
}
