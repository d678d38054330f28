package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func set(name, value string) serving.EngineConfig {
	return serving.EngineConfig{Model: "m", Flags: []serving.Flag{{Name: name, Value: value}}}
}

func TestCatalogue_Check_AcceptsWhatIsInRange(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"--seqs", "1"}, {"--seqs", "8k"}, {"--seqs", "8K"}, {"--seqs", "2.5k"}, {"--share", "1"}, {"--share", "0.01"},
		{"--room", "0"}, {"--room", "-3"}, {"--cache", ""}, {"--cache", "False"}, {"--mode", "fast"}, {"--len", "auto"}, {"--len", "7"},
		{"--sizes", "1 2 3"}, {"--json", "x"}, {"--unknown", "anything"},
	} {
		require.Empty(t, catalogue().Check(set(c[0], c[1])), "%v", c)
	}
}

func TestCatalogue_Check_NamesFlagRuleAndFix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ flag, value, rule, fix string }{
		{"--seqs", "0", "below its range", "at least 1"},
		{"--seqs", "many", "no whole number", "at least 1"},
		{"--seqs", "1.5", "no whole number", "at least 1"},
		{"--seqs", "0.0001k", "no whole number", "at least 1"},
		{"--share", "0", "below its range", "more than 0 and at most 1"},
		{"--share", "1.01", "above its range", "more than 0 and at most 1"},
		{"--share", "NaN", "no number", "more than 0"},
		{"--share", "1k", "no number", "more than 0"},
		{"--room", "1", "above its range", "less than 1"},
		{"--cache", "maybe", "maybe", "false to switch it off"},
		{"--mode", "slower", "slower", "fast, slow"},
		{"--len", "longest", "no whole number", "at least 1 or auto"},
		{"--sizes", "1 0", "below its range", "at least 1"},
		{"--json", "", "value", "remove the flag"},
	} {
		problems := catalogue().Check(set(c.flag, c.value))
		require.Len(t, problems, 1, "%v", c)
		require.Equal(t, c.flag, problems[0].Flag)
		require.Contains(t, problems[0].Rule, c.rule, "%v", c)
		require.Contains(t, problems[0].Fix, c.fix, "%v", c)
		require.Contains(t, problems[0].Error(), c.flag+": ")
	}
}

func TestCatalogue_Check_VersionsThatLackAParameter(t *testing.T) {
	t.Parallel()
	at := func(version, flag, value string) []engine.Problem {
		cfg := set(flag, value)
		cfg.Version = version
		return catalogue().Check(cfg)
	}
	require.Len(t, at("0.18.0", "--gone", "1"), 1)
	require.Contains(t, at("0.25.0", "--gone", "1")[0].Fix, "Replaced.")
	require.Empty(t, at("0.17.3", "--gone", "1"))
	require.Contains(t, at("0.11.2", "--new", "")[0].Rule, "before version 0.12")
	require.Empty(t, at("0.12.0", "--new", ""))
	for _, unstated := range []string{"", "main"} {
		require.Empty(t, at(unstated, "--gone", "1"), "nothing is known of version %q", unstated)
	}
}

func TestParameter_Number_ReadsSuffixesAsTheEngineDoes(t *testing.T) {
	t.Parallel()
	p, _ := catalogue().Parameter("--seqs")
	for text, want := range map[string]float64{"8k": 8000, "8K": 8192, "1.5k": 1500, "2M": 2 << 20, "1m": 1e6, "-1": -1, "12": 12} {
		got, ok := p.Number(text)
		require.True(t, ok, text)
		require.InDelta(t, want, got, 0, text)
	}
	for _, text := range []string{"", "k", "1.5", "x", "1kk", "NaN", "Inf", "1e999k"} {
		_, ok := p.Number(text)
		require.False(t, ok, text)
	}
}

func TestCatalogue_Parameter_ByFlagAliasOrNegation(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"--seqs": "--seqs", "-s": "--seqs", "--no-cache": "--cache"} {
		p, ok := catalogue().Parameter(given)
		require.True(t, ok, given)
		require.Equal(t, want, p.Flag)
	}
	for _, given := range []string{"", "--no-seqs", "seqs"} {
		_, ok := catalogue().Parameter(given)
		require.False(t, ok, given)
	}
}

func TestCatalogue_Unknown_ListsEachOnceAndNotKeysOfKnownJSON(t *testing.T) {
	t.Parallel()
	cfg := serving.EngineConfig{Flags: []serving.Flag{
		{Name: "--x"}, {Name: "--seqs"}, {Name: "--x"}, {Name: "--json.key"}, {Name: "--y.key"},
	}}
	require.Equal(t, []string{"--x", "--y.key"}, catalogue().Unknown(cfg))
	require.Empty(t, catalogue().Unknown(serving.EngineConfig{}))
}
