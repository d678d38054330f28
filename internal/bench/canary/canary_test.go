package canary_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/canary"
)

func plant(t *testing.T, name string) canary.Plant {
	t.Helper()
	for _, p := range canary.Plants() {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no plant %q", name)
	return canary.Plant{}
}

func TestPlants_AreFortyAtLeastAndOfEveryEnd(t *testing.T) {
	t.Parallel()
	names, ends := map[string]bool{}, map[canary.Want]int{}
	for _, p := range canary.Plants() {
		require.False(t, names[p.Name], "%q twice", p.Name)
		names[p.Name] = true
		ends[p.Want]++
		require.Equal(t, p.Want != canary.Promote, p.Bad())
	}
	require.GreaterOrEqual(t, len(names), 40)
	require.Len(t, ends, 3)
}

func TestRoll_GoodIsPromotedBadGoesBackAndNoTrafficAsks(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]canary.Want{
		"better: all x0.4":          canary.Promote,
		"half of all requests fail": canary.Back,
		"no traffic at all":         canary.Ask,
	} {
		r, err := canary.Roll(plant(t, name), 1)
		require.NoError(t, err)
		require.Equal(t, want, r.Got, "%s: %s", name, r.Sentence)
		require.True(t, r.Right)
		require.NotEmpty(t, r.Sentence)
	}
}

func TestRoll_SameSeed_SameEnd(t *testing.T) {
	t.Parallel()
	p := plant(t, "4% more errors")
	first, err := canary.Roll(p, 3)
	require.NoError(t, err)
	second, err := canary.Roll(p, 3)
	require.NoError(t, err)
	require.Equal(t, first, second)
}

func TestMeasure_CountsAndPrintsMissesAsMisses(t *testing.T) {
	t.Parallel()
	wrong := plant(t, "half of all requests fail")
	wrong.Name, wrong.Want = "expected to be promoted", canary.Promote
	r, err := canary.Measure([]canary.Plant{plant(t, "crash at once"), wrong}, map[canary.Want]int{canary.Back: 2, canary.Promote: 1})
	require.NoError(t, err)
	require.Equal(t, 2, r.BadRuns)
	require.Zero(t, r.BadPromoted)
	require.Equal(t, 1, r.GoodRuns)
	require.Zero(t, r.GoodPromoted)
	require.Len(t, r.Wrong, 1)
	require.Equal(t, 1, r.Confusion[canary.Promote][canary.Back])
	var out strings.Builder
	require.NoError(t, r.Print(&out))
	require.Contains(t, out.String(), "MISSED")
	require.Contains(t, out.String(), "bad canaries promoted: 0 of 2 (goal 0): met")
	require.Contains(t, out.String(), "simulated")

	file := filepath.Join(t.TempDir(), "bench", "canary.json")
	require.NoError(t, r.Write(file))
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var back canary.Report
	require.NoError(t, json.Unmarshal(content, &back))
	require.True(t, back.Simulated)
	require.Equal(t, r.Rows, back.Rows)
}
