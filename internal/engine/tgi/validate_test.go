package tgi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/tgi"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func problems(t *testing.T, version, gpu string, gpus int, flags string) []engine.Problem {
	t.Helper()
	cfg, err := tgi.New().Parse(strings.Fields("text-generation-launcher --model-id m " + flags))
	require.NoError(t, err)
	cfg.Version = version
	return tgi.New().Validate(cfg, serving.Hardware{GPU: gpu, GPUs: gpus})
}

func TestValidate_AcceptsWhatTheLauncherAccepts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version, gpu string
		gpus         int
		flags        string
	}{
		{"3.3.7", "H100", 1, ""},
		{"", "", 0, "--quantize fp8 --num-shard 1"},
		{"3.3.7", "H100", 1, "--max-input-tokens 8191 --max-total-tokens 8192 --max-batch-prefill-tokens 2048"},
		{"2.0.4", "H100", 1, "--max-input-tokens 1024 --max-total-tokens 2048 --max-batch-prefill-tokens 1024 --max-batch-total-tokens 2048"},
		{"2.0.4", "H100", 1, "--max-input-tokens 4095"},
		{"3.0.1", "H100", 1, "--max-input-tokens 30000"},
		{"", "H100", 1, "--max-input-tokens 30000"},
		{"3.3.7", "H100", 1, "--max-batch-prefill-tokens 9000 --max-batch-total-tokens 8192"},
		{"3.3.7", "H100", 8, "--num-shard 4"},
		{"3.3.7", "H100", 8, "--sharded true"},
		{"3.3.7", "H100", 1, "--sharded false --quantize exl2"},
		{"3.3.7", "H100", 4, "--sharded false --quantize exl2"},
		{"3.3.7", "A100", 1, "--quantize fp8"},
		{"2.2.0", "A10G", 1, "--quantize fp8"},
		{"2.1.0", "L40S", 1, "--quantize fp8"},
		{"3.3.7", "T4", 1, "--quantize eetq"},
		{"3.3.7", "MI300X", 1, "--quantize fp8"},
		{"3.3.7", "H100", 1, "--quantize bitsandbytes-nf4 --dtype bfloat16"},
		{"3.3.7", "H100", 1, "--quantize bitsandbytes --cuda-graphs 0"},
		{"3.3.7", "H100", 1, "--quantize compressed-tensors"},
		{"3.3.7", "H100", 1, "--cuda-graphs 1,2,4,64 --speculate 4 --kv-cache-dtype fp8_e4m3fn"},
		{"3.3.7", "H100", 1, "--max-total-tokens 4096 --max-batch-total-tokens 4100 --speculate 4"},
		{"3.3.7", "H100", 1, "--ngrok --ngrok-authtoken t --ngrok-edge e"},
		{"3.3.7", "H100", 1, "--some-new-flag 3"},
	} {
		require.Empty(t, problems(t, c.version, c.gpu, c.gpus, c.flags), "%s on %s %d %s", c.flags, c.version, c.gpus, c.gpu)
	}
}

func TestValidate_NamesTheFlagTheRuleAndTheFix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version, gpu    string
		gpus            int
		flags           string
		flag, rule, fix string
	}{
		{"3.3.7", "H100", 1, "--max-input-tokens 4096 --max-total-tokens 4096", "--max-input-tokens", "4096 >= 4096", "at most 4095"},
		{"2.0.4", "H100", 1, "--max-input-length 8000", "--max-input-tokens", "at most 4096 by default before 2.4.1: 8000", "--max-total-tokens to more than 8000"},
		{"2.0.4", "H100", 1, "--max-input-tokens 2000 --max-batch-prefill-tokens 1024", "--max-batch-prefill-tokens", "before 2.4.1: 1024 < 2000", "raise it to 2000"},
		{"", "H100", 1, "--max-input-tokens 2000 --max-batch-prefill-tokens 1024", "--max-batch-prefill-tokens", "unless the version splits prompts", "state a version"},
		{"3.3.7", "Tesla T4", 1, "--max-input-tokens 2000 --max-batch-prefill-tokens 1024", "--max-batch-prefill-tokens", "cannot be split on Tesla T4", "raise it to 2000"},
		{"2.3.1", "H100", 1, "--max-batch-prefill-tokens 4096 --max-batch-total-tokens 4000", "--max-batch-prefill-tokens", "4096 > 4000", "at most 4000"},
		{"3.3.7", "H100", 1, "--max-total-tokens 4096 --max-batch-total-tokens 4000", "--max-batch-total-tokens", "4000 < 4096", "raise it to 4096"},
		{"3.3.7", "H100", 1, "--max-total-tokens 4096 --max-batch-total-tokens 4096 --speculate 4", "--max-batch-total-tokens", "never admitted: 4096 < 4100", "4100"},
		{"3.3.7", "H100", 1, "--num-shard 2", "--num-shard", "needs 2 GPUs, the replica has 1", "2 GPUs"},
		{"3.3.7", "H100", 4, "--num-shard 3", "--num-shard", "3 does not divide 4", "divisor of 4"},
		{"3.3.7", "H100", 4, "--num-shard 1 --sharded true", "--num-shard", "more than 1", "--sharded false"},
		{"3.3.7", "H100", 1, "--sharded true", "--sharded", "one GPU", "more GPUs"},
		{"3.3.7", "H100", 2, "--quantize exl2", "--quantize", "there are 2 shards", "gptq"},
		{"3.3.7", "T4", 1, "--quantize fp8", "--quantize", "fp8 needs compute capability 8.0, T4 has 7.5", "eetq"},
		{"3.3.7", "V100", 1, "--quantize marlin", "--quantize", "marlin needs compute capability 8.0, V100 has 7.0", "gptq"},
		{"2.1.1", "A100", 1, "--quantize fp8", "--quantize", "8.9 before 2.2.0, A100 has 8.0", "upgrade"},
		{"2.4.0", "H100", 1, "--quantize compressed-tensors", "--quantize", "does not exist before 2.4.1", "upgrade"},
		{"3.3.7", "H100", 1, "--quantize awq --dtype float16", "--dtype", "cannot be set together with --quantize awq", "remove one"},
		{"3.3.7", "H100", 1, "--cuda-graphs 1,two", "--cuda-graphs", `"two"`, "1,2,4,8"},
		{"3.3.7", "H100", 1, "--cuda-graphs 8 --quantize bitsandbytes", "--cuda-graphs", "does not work with --quantize bitsandbytes", "use 0"},
		{"3.3.7", "H100", 1, "--cuda-memory-fraction 1.2", "--cuda-memory-fraction", "above", "at most 1"},
		{"3.3.7", "H100", 1, "--quantize int8", "--quantize", "int8", "fp8"},
		{"3.3.7", "H100", 1, "--validation-workers 0", "--validation-workers", "below", "at least 1"},
		{"3.3.7", "H100", 1, "--ngrok --ngrok-authtoken t", "--ngrok", "--ngrok-edge", "remove it"},
		{"2.3.1", "H100", 1, "--kv-cache-dtype fp8_e5m2", "--kv-cache-dtype", "before version 2.4.0", "upgrade"},
		{"2.4.1", "H100", 1, "--enable-prefill-logprobs", "--enable-prefill-logprobs", "before version 3.0.0", "remove"},
	} {
		got := problems(t, c.version, c.gpu, c.gpus, c.flags)
		require.Len(t, got, 1, "%s: %v", c.flags, got)
		require.Equal(t, c.flag, got[0].Flag, c.flags)
		require.Contains(t, got[0].Rule, c.rule, c.flags)
		require.Contains(t, got[0].Fix, c.fix, c.flags)
	}
}

func TestValidate_ListsEveryProblem(t *testing.T) {
	t.Parallel()
	got := problems(t, "2.0.4", "T4", 1, "--max-input-tokens 9 --max-total-tokens 9 --quantize fp8 --dtype float16 --num-shard 0")
	flags := []string{}
	for _, p := range got {
		flags = append(flags, p.Flag)
	}
	require.Equal(t, []string{"--num-shard", "--max-input-tokens", "--quantize", "--dtype"}, flags)
}
