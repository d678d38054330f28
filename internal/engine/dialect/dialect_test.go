package dialect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func config(flags ...serving.Flag) serving.EngineConfig { return serving.EngineConfig{Flags: flags} }

func TestOf_UnknownEngine_HasNoRoles(t *testing.T) {
	t.Parallel()
	d := dialect.Of("other")
	require.False(t, d.Slots.Exists())
	require.False(t, d.Graphs.Exists())
	require.Equal(t, serving.Unknown(), d.Slots.In(config(serving.Flag{Name: "", Value: "3"}), nil))
}

func TestNumber_FlagThenFormerThenRevealed(t *testing.T) {
	t.Parallel()
	n := dialect.Of(serving.SGLang).GraphBatch
	revealed := map[string]string{"cuda_graph_max_bs": "160"}
	require.Equal(t, serving.Known(160), n.In(config(), revealed))
	require.Equal(t, serving.Known(24), n.In(config(serving.Flag{Name: "--cuda-graph-max-bs", Value: "24"}), revealed))
	both := config(serving.Flag{Name: "--cuda-graph-max-bs", Value: "24"}, serving.Flag{Name: "--cuda-graph-max-bs-decode", Value: "32"})
	require.Equal(t, serving.Known(32), n.In(both, revealed))
	require.Equal(t, "--cuda-graph-max-bs", n.Spelling(config(serving.Flag{Name: "--cuda-graph-max-bs", Value: "24"})), "as it is written already")
	require.Equal(t, "--cuda-graph-max-bs-decode", n.Spelling(config()))
}

func TestNumber_ListCountsItsGreatest_AndWordsAreUnknown(t *testing.T) {
	t.Parallel()
	n := dialect.Of(serving.TGI).GraphBatch
	require.Equal(t, serving.Known(64), n.Of(config(serving.Flag{Name: "--cuda-graphs", Value: "1,2,64,8"})))
	require.Equal(t, serving.Unknown(), dialect.Of(serving.VLLM).Slots.Of(config(serving.Flag{Name: "--max-num-seqs", Value: "auto"})))
}

func TestSwitch_EverySpelling(t *testing.T) {
	t.Parallel()
	v, s, g := dialect.Of(serving.VLLM), dialect.Of(serving.SGLang), dialect.Of(serving.TGI)
	for name, c := range map[string]struct {
		role     dialect.Switch
		flag     serving.Flag
		revealed map[string]string
		want     dialect.State
	}{
		"bare":              {v.Graphs, serving.Flag{Name: "--enforce-eager"}, nil, dialect.Off},
		"False":             {v.Graphs, serving.Flag{Name: "--enforce-eager", Value: "False"}, nil, dialect.Unsaid},
		"negated":           {v.Prefix, serving.Flag{Name: "--no-enable-prefix-caching"}, nil, dialect.Off},
		"negation denied":   {v.Prefix, serving.Flag{Name: "--no-enable-prefix-caching", Value: "false"}, nil, dialect.On},
		"revealed":          {v.Prefix, serving.Flag{}, map[string]string{"enable_prefix_caching": "False"}, dialect.Off},
		"revealed, inverse": {s.Prefix, serving.Flag{}, map[string]string{"disable_radix_cache": "true"}, dialect.Off},
		"revealed, on":      {s.Prefix, serving.Flag{}, map[string]string{"disable_radix_cache": "False"}, dialect.On},
		"revealed nonsense": {s.Prefix, serving.Flag{}, map[string]string{"disable_radix_cache": "perhaps"}, dialect.Unsaid},
		"a value":           {s.Graphs, serving.Flag{Name: "--cuda-graph-backend-decode", Value: "disabled"}, nil, dialect.Off},
		"another value":     {s.Graphs, serving.Flag{Name: "--cuda-graph-backend-decode", Value: "full"}, nil, dialect.Unsaid},
		"chunks of nothing": {s.Chunking, serving.Flag{Name: "--chunked-prefill-size", Value: "-1"}, nil, dialect.Off},
		"no graphs":         {g.Graphs, serving.Flag{Name: "--cuda-graphs", Value: "0"}, nil, dialect.Off},
		"any value":         {g.Draft, serving.Flag{Name: "--speculate", Value: "3"}, nil, dialect.On},
	} {
		state, _ := c.role.In(config(c.flag), c.revealed)
		require.Equal(t, c.want, state, name)
	}
}

func TestSwitch_NamesTheFlagsToRemove(t *testing.T) {
	t.Parallel()
	cfg := config(serving.Flag{Name: "--enable-prefix-caching", Value: "false"}, serving.Flag{Name: "--no-enable-prefix-caching"})
	require.Equal(t, []string{"--enable-prefix-caching", "--no-enable-prefix-caching"}, dialect.Of(serving.VLLM).Prefix.Offending(cfg))
	require.Empty(t, dialect.Of(serving.VLLM).Prefix.Asking(cfg))
}
