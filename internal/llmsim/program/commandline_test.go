package program_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/child"
	"github.com/optiinfra/performance-agent/internal/llmsim/program"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestParseOptions_TellsTheEngineByItsProgram(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		engine  serving.EngineKind
		version string
		host    string
		port    int
		args    []string
	}{
		{serving.VLLM, "0.20.1", "0.0.0.0", 8000, []string{"vllm", "serve", model}},
		{serving.VLLM, "0.20.1", "::1", 9, []string{"nice", "/opt/venv/bin/vllm", "serve", model, "--host", "::1", "--port=9"}},
		{serving.VLLM, "0.20.1", "0.0.0.0", 8000, []string{"python3", "-m", "vllm.entrypoints.openai.api_server", "--model", model}},
		{serving.TGI, "3.3.7", "0.0.0.0", 3000, []string{"text-generation-launcher", "--model-id", model}},
		{serving.TGI, "3.3.7", "127.0.0.1", 8, []string{"/usr/local/bin/text-generation-launcher", "--hostname", "127.0.0.1", "-p", "8", "--model-id", model}},
		{serving.SGLang, "0.5.15", "127.0.0.1", 30000, []string{"python", "-m", "sglang.launch_server", "--model-path", model}},
		{serving.SGLang, "0.5.15", "0.0.0.0", 7, []string{"sglang", "serve", "--model-path", model, "--host", "0.0.0.0", "--port", "7"}},
	} {
		o, err := program.ParseOptions(c.args, "", io.Discard)
		require.NoError(t, err, "%v", c.args)
		require.Equal(t, c.engine, o.Config.Engine)
		require.Equal(t, c.version, o.Config.Version)
		require.Equal(t, model, o.Config.Model)
		require.Equal(t, c.host, o.Host)
		require.Equal(t, c.port, o.Port)
	}
}

func TestNew_RealStartup_TakesAboutAsLongAsTheEngine(t *testing.T) {
	t.Parallel()
	startup := func(flags ...string) time.Duration {
		o, err := program.ParseOptions(append([]string{"-startup", "real", "vllm", "serve", model}, flags...), "", io.Discard)
		require.NoError(t, err)
		p, err := program.New(o, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		return p.Startup()
	}
	whole := startup()
	require.InDelta(t, 30, whole.Seconds(), 5, "15 GiB of weights and the compiled code from its cache")
	require.Less(t, startup("--enforce-eager"), whole-15*time.Second, "nothing to compile or capture")
	require.Less(t, startup("--quantization", "fp8"), whole, "half the weights")
}

func TestMain_WhatTGIAndSGLangWouldRefuse_DoesNotStart(t *testing.T) {
	t.Parallel()
	tgi := []string{"text-generation-launcher", "--model-id", model}
	sglang := []string{"python", "-m", "sglang.launch_server", "--model-path", model}
	for name, c := range map[string]struct {
		code int
		says []string
		args []string
	}{
		"tgi input above total":    {1, []string{"Error: ArgumentValidation", "--max-total-tokens"}, append(tgi, "--max-input-tokens", "4096", "--max-total-tokens", "4096")},
		"tgi length above memory":  {1, []string{"ShardCannotStart", "not enough memory"}, append(tgi, "--max-total-tokens", "131072", "--cuda-memory-fraction", "0.5")},
		"tgi weights do not fit":   {1, []string{"ShardCannotStart", "memory"}, append([]string{"-gpu", "L4"}, append(tgi, "--cuda-memory-fraction", "0.5")...)},
		"tgi without a model":      {2, []string{"--model-id"}, []string{"text-generation-launcher"}},
		"sglang share too small":   {1, []string{"Scheduler hit an exception", "please try to increase --mem-fraction-static"}, append(sglang, "--mem-fraction-static", "0.1")},
		"sglang share too large":   {1, []string{"out of memory", "please try to decrease --mem-fraction-static"}, append(sglang, "--mem-fraction-static", "0.999")},
		"sglang chunk and pages":   {1, []string{"AssertionError", "--page-size"}, append(sglang, "--chunked-prefill-size", "1000", "--page-size", "64")},
		"sglang without a model":   {2, []string{"--model-path"}, []string{"python", "-m", "sglang.launch_server"}},
		"sglang more GPUs than on": {1, []string{"AssertionError", "--tp-size"}, append(sglang, "--tp-size", "2")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &child.Output{}
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			require.Equal(t, c.code, program.Main(ctx, append([]string{}, c.args...), "", log), log.String())
			for _, says := range c.says {
				require.Contains(t, log.String(), says)
			}
		})
	}
}
