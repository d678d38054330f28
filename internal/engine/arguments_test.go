package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func catalogue() engine.Catalogue {
	return engine.Catalogue{Parameters: []engine.Parameter{
		{Flag: "--seqs", Aliases: []string{"-s"}, Type: engine.Int, Min: serving.Known(1), Suffixes: true},
		{Flag: "--share", Type: engine.Float, Min: serving.Known(0), MinExclusive: true, Max: serving.Known(1)},
		{Flag: "--room", Type: engine.Float, Max: serving.Known(1), MaxExclusive: true},
		{Flag: "--cache", Negation: "--no-cache", Type: engine.Bool},
		{Flag: "--old-switch", Type: engine.Bool},
		{Flag: "--mode", Type: engine.Enum, Enum: []string{"fast", "slow"}},
		{Flag: "--len", Type: engine.Int, Min: serving.Known(1), Enum: []string{"auto"}},
		{Flag: "--sizes", Type: engine.Int, Multiple: true, Min: serving.Known(1)},
		{Flag: "--json", Type: engine.String},
		{Flag: "--new", Type: engine.Bool, Since: "0.12"},
		{Flag: "--gone", Type: engine.Int, Removed: "0.18.0", Description: "Replaced."},
	}}
}

func TestParseArguments_FormsOfOneFlag_AreOneFlag(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want serving.Flag
	}{
		{[]string{"--seqs", "4"}, serving.Flag{Name: "--seqs", Value: "4"}},
		{[]string{"--seqs=4"}, serving.Flag{Name: "--seqs", Value: "4", Joined: true}},
		{[]string{"-s", "4"}, serving.Flag{Name: "--seqs", Value: "4"}},
		{[]string{"--old_switch"}, serving.Flag{Name: "--old-switch"}},
		{[]string{"--cache"}, serving.Flag{Name: "--cache"}},
		{[]string{"--no_cache"}, serving.Flag{Name: "--cache", Value: "false"}},
		{[]string{"--cache=False"}, serving.Flag{Name: "--cache", Value: "false", Joined: true}},
		{[]string{"--cache", "TRUE"}, serving.Flag{Name: "--cache", Joined: true}},
		{[]string{"--len", "-1"}, serving.Flag{Name: "--len", Value: "-1"}},
		{[]string{"--sizes", "1", "2", "4"}, serving.Flag{Name: "--sizes", Value: "1 2 4"}},
		{[]string{"--json", `{"a": 1}`}, serving.Flag{Name: "--json", Value: `{"a": 1}`}},
		{[]string{"--json="}, serving.Flag{Name: "--json", Joined: true}},
		{[]string{"--unknown", `{"a": 1}`}, serving.Flag{Name: "--unknown", Value: `{"a": 1}`}},
		{[]string{"--unknown", "a b", "c"}, serving.Flag{Name: "--unknown", Value: "'a b' c"}},
		{[]string{"--json.some_key", "v"}, serving.Flag{Name: "--json.some_key", Value: "v"}},
		{[]string{"-O3"}, serving.Flag{Name: "-O3"}},
	} {
		got, err := engine.ParseArguments(catalogue(), c.args)
		require.NoError(t, err)
		require.Equal(t, []serving.Flag{c.want}, got.Flags, "%q", c.args)
		require.Empty(t, got.Positionals)
	}
}

func TestParseArguments_KnownFlagGivenTwice_TheLastCounts(t *testing.T) {
	t.Parallel()
	got, err := engine.ParseArguments(catalogue(), []string{"--cache", "--seqs", "1", "--no-cache", "-s", "2", "--x", "1", "--x", "2"})
	require.NoError(t, err)
	require.Equal(t, []serving.Flag{
		{Name: "--cache", Value: "false"}, {Name: "--seqs", Value: "2"}, {Name: "--x", Value: "1"}, {Name: "--x", Value: "2"},
	}, got.Flags, "an unknown flag may be one that adds up")
}

func TestParseArguments_Positionals(t *testing.T) {
	t.Parallel()
	got, err := engine.ParseArguments(catalogue(), []string{"model", "--cache", "other", "--", "--seqs"})
	require.NoError(t, err)
	require.Equal(t, []string{"model", "other", "--seqs"}, got.Positionals)
}

func TestParseArguments_WhatTheEngineWouldRefuse_IsAnError(t *testing.T) {
	t.Parallel()
	for text, args := range map[string][]string{
		"--seqs needs a value":      {"--seqs"},
		"-s needs a value":          {"-s", "--cache"},
		"--sizes needs a value":     {"--sizes", "--cache"},
		"--no-cache takes no value": {"--no-cache=true"},
		`--cache is "maybe"`:        {"--cache=maybe"},
	} {
		_, err := engine.ParseArguments(catalogue(), args)
		require.ErrorContains(t, err, text)
	}
}

func TestRenderFlags_WritesWhatTheEngineReads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flag serving.Flag
		want []string
	}{
		{serving.Flag{Name: "--seqs", Value: "4"}, []string{"--seqs", "4"}},
		{serving.Flag{Name: "--cache", Value: "false"}, []string{"--no-cache"}},
		{serving.Flag{Name: "--cache", Value: "true"}, []string{"--cache"}},
		{serving.Flag{Name: "--cache", Value: "false", Joined: true}, []string{"--cache=false"}},
		{serving.Flag{Name: "--cache", Joined: true}, []string{"--cache=true"}},
		{serving.Flag{Name: "--no-cache"}, []string{"--no-cache"}},
		{serving.Flag{Name: "--old-switch", Value: "false"}, nil},
		{serving.Flag{Name: "--sizes", Value: "1 2"}, []string{"--sizes", "1", "2"}},
		{serving.Flag{Name: "--json", Value: "-x"}, []string{"--json=-x"}},
		{serving.Flag{Name: "--json", Value: ""}, []string{"--json", ""}},
		{serving.Flag{Name: "--unknown"}, []string{"--unknown"}},
		{serving.Flag{Name: "--unknown", Value: `{"a": "b"}`}, []string{"--unknown", `{"a": "b"}`}},
		{serving.Flag{Name: "--unknown", Value: `it's`}, []string{"--unknown", "its"}},
		{serving.Flag{Name: "--unknown", Value: `a\ b "c d" ''`}, []string{"--unknown", "a b", "c d", ""}},
	} {
		require.Equal(t, c.want, engine.RenderFlags(catalogue(), []serving.Flag{c.flag}), "%v", c.flag)
	}
}

// arguments are command lines of known and unknown flags in all forms.
func arguments() *rapid.Generator[[]string] {
	word := rapid.OneOf(
		rapid.SampledFrom([]string{"1", "-1", "8k", "auto", `{"a": "b"}`, "[1, 2]", "it's", "a b", "", `\`, `"`, "true", "a=b", "x|y", "-5e3"}),
		rapid.StringMatching(`[a-z '"\\{}=]{0,6}`),
	)
	form := rapid.Custom(func(t *rapid.T) []string {
		name := rapid.SampledFrom([]string{"--seqs", "-s", "--json", "--sizes", "--x-y", "--x_y", "-q", "--json.a"}).Draw(t, "name")
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0:
			return []string{name + "=" + word.Draw(t, "word")}
		case 1:
			return append([]string{name}, rapid.SliceOfN(word, 1, 3).Draw(t, "words")...)
		case 2:
			return rapid.SampledFrom([][]string{{"--cache"}, {"--no-cache"}, {"--cache=false"}, {"--cache", "False"}, {"--cache=true"}}).Draw(t, "bool")
		}
		return []string{name, word.Draw(t, "word")}
	})
	return rapid.Custom(func(t *rapid.T) []string {
		var out []string
		for _, f := range rapid.SliceOfN(form, 0, 6).Draw(t, "forms") {
			out = append(out, f...)
		}
		return out
	})
}

func TestArguments_RenderedAndParsedAgain_AreTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first, err := engine.ParseArguments(catalogue(), arguments().Draw(t, "args"))
		if err != nil {
			return
		}
		again, err := engine.ParseArguments(catalogue(), engine.RenderFlags(catalogue(), first.Flags))
		require.NoError(t, err)
		require.Equal(t, first.Flags, again.Flags)
		require.Empty(t, again.Positionals)
	})
}
