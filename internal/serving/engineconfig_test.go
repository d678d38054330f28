package serving_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func config(flags ...serving.Flag) serving.EngineConfig {
	return serving.EngineConfig{Engine: serving.VLLM, Model: "m", Flags: flags}
}

func text(s string) *string { return &s }

func TestEngineConfig_With_KeepsThePlaceAndLeavesTheOriginalAlone(t *testing.T) {
	t.Parallel()
	before := config(serving.Flag{Name: "--a", Value: "1", Joined: true}, serving.Flag{Name: "--b"})
	after := before.With("--a", "2").With("--c", "3")
	require.Equal(t, []string{"--a=2", "--b", "--c 3"}, after.FlagList())
	require.Equal(t, []string{"--a=1", "--b"}, before.FlagList())
}

func TestEngineConfig_With_NeverWritesIntoASharedArray(t *testing.T) {
	t.Parallel()
	flags := make([]serving.Flag, 1, 8)
	flags[0] = serving.Flag{Name: "--a"}
	base := config(flags...)
	base.Flags = flags
	one, two := base.With("--x", "1"), base.With("--y", "2")
	require.Equal(t, []string{"--a", "--x 1"}, one.FlagList())
	require.Equal(t, []string{"--a", "--y 2"}, two.FlagList())
}

func TestEngineConfig_RepeatedFlag_TheLastCountsAndWithLeavesOne(t *testing.T) {
	t.Parallel()
	c := config(serving.Flag{Name: "--a", Value: "1"}, serving.Flag{Name: "--b"}, serving.Flag{Name: "--a", Value: "2"})
	value, set := c.Get("--a")
	require.True(t, set)
	require.Equal(t, "2", value)
	require.Equal(t, []string{"--a 3", "--b"}, c.With("--a", "3").FlagList())
	swapped := config(c.Flags[2], c.Flags[1], c.Flags[0])
	require.NotEqual(t, c.Key(), swapped.Key(), "the order of repeats decides which one wins")
}

func TestEngineConfig_Without(t *testing.T) {
	t.Parallel()
	c := config(serving.Flag{Name: "--a"}, serving.Flag{Name: "--b"}, serving.Flag{Name: "--c"})
	require.Equal(t, []string{"--b"}, c.Without("--a", "--c", "--z").FlagList())
	require.Len(t, c.Flags, 3)
	_, set := c.Without("--a").Get("--a")
	require.False(t, set)
}

func TestEngineConfig_Key_IgnoresOrderAndSpelling(t *testing.T) {
	t.Parallel()
	a := config(serving.Flag{Name: "--a", Value: "1"}, serving.Flag{Name: "--b"})
	b := config(serving.Flag{Name: "--b"}, serving.Flag{Name: "--a", Value: "1", Joined: true})
	require.Equal(t, a.Key(), b.Key())
	require.True(t, a.Equal(b))
}

func TestEngineConfig_Key_TellsApartWhatLaunchesDifferently(t *testing.T) {
	t.Parallel()
	base := config(serving.Flag{Name: "--a", Value: "1"})
	other := base
	other.Version = "0.20.0"
	for name, c := range map[string]serving.EngineConfig{
		"value":     base.With("--a", "2"),
		"flag":      base.With("--b", ""),
		"removed":   base.Without("--a"),
		"version":   other,
		"separator": config(serving.Flag{Name: "--a", Value: "1|--b="}),
	} {
		require.NotEqual(t, base.Key(), c.Key(), name)
		require.NotEqual(t, base.With("--b", "").Key(), config(serving.Flag{Name: "--a", Value: "1|--b="}).Key())
	}
}

func TestDiff_ListsWhatChanges(t *testing.T) {
	t.Parallel()
	from := config(serving.Flag{Name: "--old"}, serving.Flag{Name: "--same", Value: "1"}, serving.Flag{Name: "--n", Value: "1"})
	to := config(serving.Flag{Name: "--n", Value: "2"}, serving.Flag{Name: "--same", Value: "1"}, serving.Flag{Name: "--new"})
	to.Model = "m2"
	require.Equal(t, []serving.FlagChange{
		{Flag: "model", From: text("m"), To: text("m2")},
		{Flag: "--n", From: text("1"), To: text("2")},
		{Flag: "--new", To: text("")},
		{Flag: "--old", From: text("")},
	}, serving.Diff(from, to))
	require.Empty(t, serving.Diff(from, from))
}

func TestDiff_AppliedToFrom_GivesTo(t *testing.T) {
	t.Parallel()
	flag := rapid.Custom(func(t *rapid.T) serving.Flag {
		return serving.Flag{
			Name:  rapid.SampledFrom([]string{"--a", "--b", "--c"}).Draw(t, "name"),
			Value: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "value"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		unique := rapid.SliceOfNDistinct(flag, 0, 3, func(f serving.Flag) string { return f.Name })
		from, to := config(unique.Draw(t, "from")...), config(unique.Draw(t, "to")...)
		got := from
		for _, change := range serving.Diff(from, to) {
			if change.To == nil {
				got = got.Without(change.Flag)
			} else {
				got = got.With(change.Flag, *change.To)
			}
		}
		require.Equal(t, to.Key(), got.Key())
	})
}

func TestFlag_String(t *testing.T) {
	t.Parallel()
	require.Equal(t, "--a", serving.Flag{Name: "--a"}.String())
	require.Equal(t, "--a 1", serving.Flag{Name: "--a", Value: "1"}.String())
	require.Equal(t, "--a=1", serving.Flag{Name: "--a", Value: "1", Joined: true}.String())
}
