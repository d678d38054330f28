package whatif_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/llmsim/whatif"
)

// command runs `llmsim run` and gives its exit code and output.
func command(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = whatif.Main(args, known.Engines(), &out, &errs)
	return code, out.String(), errs.String()
}

var serve = []string{"--", "vllm", "serve", "meta-llama/Llama-3.1-8B-Instruct", "--max-num-seqs", "128", "--max-model-len", "4096"}

func TestMain_JSON_HasTheFieldsThatPeopleReadByName(t *testing.T) {
	t.Parallel()
	code, out, errs := command(append([]string{"-gpu", "H100", "-rate", "8", "-input", "547", "-output", "248", "-duration", "30s", "-prefix-share", "0.18", "-seed", "1", "-json", "-"}, serve...)...)
	require.Zero(t, code, errs)
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	for _, latency := range []string{"ttft_seconds", "itl_seconds", "e2e_seconds"} {
		for _, figure := range []string{"mean", "p50", "p90", "p99"} {
			require.Positive(t, r[latency].(map[string]any)[figure], latency+" "+figure)
		}
	}
	require.Equal(t, 240.0, r["requests"])
	for _, field := range []string{"output_tokens_per_second", "kv_usage_max"} {
		require.Positive(t, r[field], field)
	}
	require.Zero(t, r["preemptions"])
	require.Equal(t, true, r["simulated"])
	require.Equal(t, "0.15.1", r["engine_version"])
}

func TestMain_GPUs_FollowTheParallelSize(t *testing.T) {
	t.Parallel()
	code, out, errs := command("-rate", "1", "-duration", "20s", "-json", "-", "--", "vllm", "serve", "meta-llama/Llama-3.1-70B-Instruct", "--tensor-parallel-size", "4", "--max-model-len", "4096")
	require.Zero(t, code, errs)
	require.Contains(t, out, `"gpus": 4`)
	code, _, errs = command("-gpus", "2", "-rate", "1", "-duration", "20s", "--", "vllm", "serve", "meta-llama/Llama-3.1-70B-Instruct", "--tensor-parallel-size", "4")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "--tensor-parallel-size")
}

func TestMain_TraceAndFiles_AreReadAndWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	trace, result := filepath.Join(dir, "trace.csv"), filepath.Join(dir, "out.json")
	require.NoError(t, os.WriteFile(trace, []byte("t,in,out\n0,100,10\n1,100,10\n"), 0o600))
	code, _, errs := command(append([]string{"-trace", trace, "-json", result}, serve...)...)
	require.Zero(t, code, errs)
	text, err := os.ReadFile(result)
	require.NoError(t, err)
	require.Contains(t, string(text), `"requests": 2`)
	code, out, _ := command(append([]string{"-trace", trace}, serve...)...)
	require.Zero(t, code)
	require.Contains(t, out, "SIMULATED")
}

func TestMain_WrongUse_SaysWhat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{2, "command line is missing", []string{"-rate", "1"}},
		{2, "state the load once", serve},
		{2, "state the load once", append([]string{"-rate", "1", "-stages", "1:10s"}, serve...)},
		{2, "stage", append([]string{"-stages", "fast"}, serve...)},
		{2, "stage", append([]string{"-stages", "8:soon"}, serve...)},
		{2, "-input", append([]string{"-rate", "1", "-input", "0"}, serve...)},
		{2, "not defined", append([]string{"-speed", "1"}, serve...)},
		{1, "trace", append([]string{"-trace", "/nowhere"}, serve...)},
		{1, "gpu", append([]string{"-gpu", "Voodoo2", "-rate", "1"}, serve...)},
		{1, "model", []string{"-rate", "1", "--", "vllm", "serve", "some/model-9b"}},
	} {
		code, _, errs := command(c.args...)
		require.Equal(t, c.code, code, c.args)
		require.Contains(t, errs, c.says)
	}
	code, _, errs := command("-h")
	require.Zero(t, code)
	require.Contains(t, errs, "usage: llmsim run")
}
