package fault_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/fault"
)

func TestParse_FaultsOfTheVariant(t *testing.T) {
	t.Parallel()
	file := []byte(`[{"variant":"canary","kind":"slow","factor":6},{"kind":"slow","factor":2},
		{"variant":"canary","kind":"errors","rate":0.3},{"kind":"errors","rate":0.1},{"variant":"canary","kind":"wrong-output","rate":0.2},
		{"variant":"staging","kind":"hang"},
		{"variant":"canary","kind":"crash","after_seconds":5},{"variant":"canary","kind":"crash","after_seconds":0.5}]`)
	for variant, want := range map[string]fault.Set{
		"canary":  {Slowdown: 12, ErrorRate: 0.3, WrongRate: 0.2, Crash: true, CrashAfter: 500 * time.Millisecond},
		"stable":  {Slowdown: 2, ErrorRate: 0.1},
		"staging": {Slowdown: 2, ErrorRate: 0.1, Hang: true},
		"":        {Slowdown: 2, ErrorRate: 0.1},
	} {
		got, err := fault.Parse(file, variant)
		require.NoError(t, err)
		require.Equal(t, want, got, variant)
	}
	none, err := fault.Parse([]byte(" [] \n"), "stable")
	require.NoError(t, err)
	require.Equal(t, fault.None(), none)
}

func TestParse_KindsOfTheWholeEngine(t *testing.T) {
	t.Parallel()
	got, err := fault.Parse([]byte(`[{"kind":"drift","per_minute":0.5},{"kind":"drift","per_minute":1},
		{"kind":"oom","usage":0.9},{"kind":"oom","usage":0.4},{"kind":"slow-start","seconds":3},
		{"kind":"no-metrics","family":"vllm:a"},{"kind":"no-metrics","family":"b"},
		{"kind":"counter-reset","after_seconds":2}]`), "stable")
	require.NoError(t, err)
	require.Equal(t, 1.5, got.DriftPerMinute)
	require.Equal(t, 0.4, got.OOMUsage)
	require.Equal(t, 3*time.Second, got.SlowStart)
	require.True(t, got.Reset)
	require.Equal(t, 2*time.Second, got.ResetAfter)
	require.False(t, got.NoMetrics, "only two families are gone")
	for family, hidden := range map[string]bool{"vllm:a": true, "b": true, "a": false, "vllm:ab": false} {
		require.Equal(t, hidden, got.Hides(family), family)
	}
	bad, err := fault.Parse([]byte(`[{"kind":"slow-metrics","seconds":4},{"kind":"slow-metrics","seconds":2},{"kind":"corrupt-metrics"}]`), "stable")
	require.NoError(t, err)
	require.Equal(t, 4*time.Second, bad.MetricsLate)
	require.True(t, bad.MetricsCorrupt)
	none, err := fault.Parse([]byte(`[{"kind":"no-metrics"}]`), "stable")
	require.NoError(t, err)
	require.True(t, none.NoMetrics)
}

func TestParseOption_IsTheFaultOfTheFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]fault.Fault{
		"hang":                             {Kind: fault.Hang},
		"slow,factor=6":                    {Kind: fault.Slow, Factor: 6},
		"wrong-output,rate=0.2":            {Kind: fault.WrongOutput, Rate: 0.2},
		"crash,after_seconds=0.5":          {Kind: fault.Crash, AfterSeconds: 0.5},
		"errors,rate=0.3,variant=canary":   {Kind: fault.Errors, Rate: 0.3, Variant: "canary"},
		"no-metrics,family=tgi_queue_size": {Kind: fault.NoMetrics, Family: "tgi_queue_size"},
	} {
		got, err := fault.ParseOption(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "melt", "slow", "slow,factor", "slow,factor=quick", "errors,rate=2", "hang,varient=canary", "oom,usage=0", "drift,per_minute=-1"} {
		_, err := fault.ParseOption(text)
		require.ErrorContains(t, err, text)
	}
}

func TestSet_And_IsTheSameAsOneList(t *testing.T) {
	t.Parallel()
	a := []fault.Fault{{Kind: fault.Slow, Factor: 2}, {Kind: fault.Crash, AfterSeconds: 4}, {Kind: fault.OOM, Usage: 0.5}}
	b := []fault.Fault{{Kind: fault.Slow, Factor: 3}, {Kind: fault.Crash, AfterSeconds: 1}, {Kind: fault.Hang, Variant: "other"}}
	require.Equal(t, fault.Of(append(a, b...), "v"), fault.Of(a, "v").And(fault.Of(b, "v")))
	require.Equal(t, fault.Of(a, ""), fault.Of(a, "").And(fault.None()))
}

func TestParse_MistakesAreErrors(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		``, `{`, `{}`, `[] []`, `[{"kind":"slow"}]`, `[{"kind":"slow","factor":-1}]`, `[{"kind":"errors"}]`, `[{"kind":"slow-metrics"}]`,
		`[{"kind":"errors","rate":1.5}]`, `[{"kind":"crash","after_seconds":-1}]`, `[{"kind":"melt"}]`,
		`[{}]`, `[{"kind":"hang","varient":"canary"}]`, `[{"variant":"other","kind":"melt"}]`,
	} {
		_, err := fault.Parse([]byte(file), "canary")
		require.Error(t, err, file)
	}
}
