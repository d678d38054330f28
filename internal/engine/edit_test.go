package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func flags(t interface{ FailNow() }, line string) serving.EngineConfig {
	a, err := engine.ParseArguments(catalogue(), strings.Fields(line))
	if err != nil {
		t.FailNow()
	}
	return serving.EngineConfig{Model: "m", Flags: a.Flags}
}

func TestEdit_OnlyWhatDiffersChanges_InItsPlaceAndForm(t *testing.T) {
	t.Parallel()
	for name, k := range map[string]struct{ args, from, to, want string }{
		"value":                         {"serve m --seqs 4 --host h", "--seqs 4", "--seqs 8", "serve m --seqs 8 --host h"},
		"alias":                         {"serve m -s 4 --host h", "--seqs 4", "--seqs 8", "serve m --seqs 8 --host h"},
		"joined":                        {"serve m --seqs=4", "--seqs=4", "--seqs=8", "serve m --seqs=8"},
		"added":                         {"serve m --host h", "", "--seqs 8", "serve m --host h --seqs 8"},
		"added before the end of flags": {"serve m -- rest", "", "--seqs 8", "serve m --seqs 8 -- rest"},
		"removed":                       {"serve m --old-switch --host h", "--old-switch", "", "serve m --host h"},
		"switched off":                  {"serve --cache m", "--cache", "--no-cache", "serve --no-cache m"},
		"given twice":                   {"serve m --seqs 4 --x 1 -s 5", "--seqs 5", "--seqs 8", "serve m --seqs 8 --x 1"},
		"given twice, removed":          {"serve m --seqs 4 -s 5", "--seqs 5", "", "serve m"},
		"several words":                 {"serve m --sizes 1 2 4 --x", "--sizes 1 2 4", "--sizes 1 2", "serve m --sizes 1 2 --x"},
		"nothing differs":               {"nice -n 5 serve m --seqs 4 --foreign a b", "--seqs 4", "--seqs 4", "nice -n 5 serve m --seqs 4 --foreign a b"},
		"not in the record, kept":       {"serve m --mode fast --seqs 4", "--seqs 4", "--seqs 8", "serve m --mode fast --seqs 8"},
		"positional not swallowed":      {"serve --sizes 1 2 --seqs 4 m", "--sizes 1 2 --seqs 4", "--sizes 1 2", "serve m --sizes 1 2"},
		"removed but never there":       {"serve m", "--seqs 4", "", "serve m"},
	} {
		got := engine.Edit(catalogue(), flags(t, k.from), flags(t, k.to), strings.Fields(k.args))
		require.Equal(t, strings.Fields(k.want), got[0], name)
	}
}

func TestEdit_Model_IsReplacedWhereverItStands(t *testing.T) {
	t.Parallel()
	from, to := serving.EngineConfig{Model: "m"}, serving.EngineConfig{Model: "m-fp8"}
	got := engine.Edit(catalogue(), from, to, []string{"serve", "m", "--model-id", "m", "--model=m", "--name", "my"})
	require.Equal(t, []string{"serve", "m-fp8", "--model-id", "m-fp8", "--model=m-fp8", "--name", "my"}, got[0])
}

func TestEdit_CommandAndArguments_StayApart(t *testing.T) {
	t.Parallel()
	from, to := flags(t, "--seqs 4 --cache"), flags(t, "--seqs 8 --cache --mode slow")
	got := engine.Edit(catalogue(), from, to, []string{"serve", "--seqs", "4"}, []string{"m", "--cache"})
	require.Equal(t, [][]string{{"serve", "--seqs", "8"}, {"m", "--cache", "--mode", "slow"}}, got)
	got = engine.Edit(catalogue(), from, to, []string{"serve", "--seqs", "4"}, nil)
	require.Equal(t, []string{"serve", "--seqs", "8", "--mode", "slow"}, got[0])
	require.Empty(t, got[1], "an image's entry point without arguments stays without")
	require.Empty(t, engine.Edit(catalogue(), from, to))
}

func TestEdit_ThereAndBack_ParsesToTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		args := arguments().Draw(t, "from")
		before, err := engine.ParseArguments(catalogue(), args)
		if err != nil {
			return
		}
		wanted, err := engine.ParseArguments(catalogue(), arguments().Draw(t, "to"))
		if err != nil {
			return
		}
		from, to := serving.EngineConfig{Flags: before.Flags}, serving.EngineConfig{Flags: wanted.Flags}
		there := engine.Edit(catalogue(), from, to, args)[0]
		parsed, err := engine.ParseArguments(catalogue(), there)
		require.NoError(t, err)
		for _, c := range serving.Diff(to, serving.EngineConfig{Flags: parsed.Flags}) {
			t.Fatalf("%q edited to %q is not %v: %v", args, there, wanted.Flags, c)
		}
	})
}
