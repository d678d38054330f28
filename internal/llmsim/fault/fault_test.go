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
		{"variant":"canary","kind":"errors","rate":0.3},{"kind":"errors","rate":0.1},
		{"variant":"staging","kind":"hang"},
		{"variant":"canary","kind":"crash","after_seconds":5},{"variant":"canary","kind":"crash","after_seconds":0.5}]`)
	for variant, want := range map[string]fault.Set{
		"canary":  {Slowdown: 12, ErrorRate: 0.3, Crash: true, CrashAfter: 500 * time.Millisecond},
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

func TestParse_MistakesAreErrors(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		``, `{`, `{}`, `[] []`, `[{"kind":"slow"}]`, `[{"kind":"slow","factor":-1}]`, `[{"kind":"errors"}]`,
		`[{"kind":"errors","rate":1.5}]`, `[{"kind":"crash","after_seconds":-1}]`, `[{"kind":"melt"}]`,
		`[{}]`, `[{"kind":"hang","varient":"canary"}]`, `[{"variant":"other","kind":"melt"}]`,
	} {
		_, err := fault.Parse([]byte(file), "canary")
		require.Error(t, err, file)
	}
}
