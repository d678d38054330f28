package propose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestApply_UndoesAndRedoesWhatDiffFinds(t *testing.T) {
	t.Parallel()
	from := serve(t, llama8B, "--enforce-eager", "--max-num-seqs", "16")
	to := serve(t, "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8", "--max-num-seqs", "256", "--enable-prefix-caching")
	require.True(t, propose.Apply(from, serving.Diff(from, to)).Equal(to))
	require.True(t, propose.Apply(to, serving.Diff(to, from)).Equal(from))
}

func TestApply_LeavesTheInputAlone(t *testing.T) {
	t.Parallel()
	cfg := serve(t, llama8B, "--max-num-seqs", "16")
	key := cfg.Key()
	propose.Apply(cfg, []serving.FlagChange{{Flag: "--max-num-seqs", To: text("64")}, {Flag: "--enforce-eager", To: text("")}})
	require.Equal(t, key, cfg.Key())
}
