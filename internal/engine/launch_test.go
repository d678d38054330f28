package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestLaunch_AnswersOnlyWhatIsWritten(t *testing.T) {
	t.Parallel()
	l := engine.Launch{
		Catalogue: engine.Catalogue{Parameters: []engine.Parameter{{Flag: "--n", Type: engine.Int, Suffixes: true}, {Flag: "--s", Type: engine.Bool}}},
		Config:    serving.EngineConfig{}.With("--n", "8k").With("--s", "False").With("--other", "5"),
	}
	require.InDelta(t, 8000.0, l.NumberOr("--n", 1), 0)
	_, ok := l.Number("--other")
	require.False(t, ok, "a flag that is not known has no number")
	require.InDelta(t, 7.0, l.NumberOr("--absent", 7), 0)
	require.True(t, l.SwitchedOff("--s"))
	require.False(t, l.SwitchedOn("--s"))
	require.False(t, l.SwitchedOff("--absent"))
	require.Equal(t, "8k", l.Text("--n"))
	require.Empty(t, l.Text("--absent"))
	require.Equal(t, 1, l.GPUs())
}

func TestLaunch_Problems_OfParametersThenOfRules(t *testing.T) {
	t.Parallel()
	l := engine.Launch{
		Catalogue: engine.Catalogue{Parameters: []engine.Parameter{{Flag: "--n", Type: engine.Int}}},
		Config:    serving.EngineConfig{}.With("--n", "many"),
	}
	got := l.Problems(
		func(engine.Launch) []engine.Problem { return nil },
		func(l engine.Launch) []engine.Problem {
			return engine.Breaks("--n", "write a number", "is %s", l.Text("--n"))
		},
	)
	require.Len(t, got, 2)
	require.Contains(t, got[0].Rule, "no whole number")
	require.Equal(t, engine.Problem{Flag: "--n", Rule: "is many", Fix: "write a number"}, got[1])
}

func TestProgram_HoweverItIsStarted(t *testing.T) {
	t.Parallel()
	sub := engine.Program{Name: "x", Executable: "x", Subcommand: "serve", Module: "x.server"}
	for _, line := range []string{"x serve --a", "/opt/x serve --a", "nice x serve --a", "serve --a", "--a", "python3 -m x.server --a"} {
		got, err := sub.Arguments(strings.Fields(line))
		require.NoError(t, err, line)
		require.Equal(t, []string{"--a"}, got, line)
	}
	plain := engine.Program{Name: "y", Executable: "y-launcher"}
	for _, line := range []string{"y-launcher --a", "/usr/bin/y-launcher --a", "nice y-launcher --a", "--a"} {
		got, err := plain.Arguments(strings.Fields(line))
		require.NoError(t, err, line)
		require.Equal(t, []string{"--a"}, got, line)
	}
	_, err := plain.Arguments([]string{"/bin/sh", "-c", "y-launcher"})
	require.EqualError(t, err, `parse y command line: "/bin/sh -c" runs a shell script, give the arguments of y itself`)
}
