package vllm_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var _ engine.Engine = vllm.Engine{}

func TestParse_ARealCommandLine(t *testing.T) {
	t.Parallel()
	cfg, err := vllm.New().Parse(strings.Fields(
		"vllm serve meta-llama/Llama-3.1-8B-Instruct --host 0.0.0.0 --port 8000 -tp 2 --max-num-seqs 128 " +
			"--enable-prefix-caching=false --no-enable-chunked-prefill --gpu_memory_utilization=0.95 -q fp8 --tool-call-parser llama3_json"))
	require.NoError(t, err)
	require.Equal(t, serving.EngineConfig{
		Engine: serving.VLLM, Model: "meta-llama/Llama-3.1-8B-Instruct",
		Flags: []serving.Flag{
			{Name: "--tensor-parallel-size", Value: "2"},
			{Name: "--max-num-seqs", Value: "128"},
			{Name: "--enable-prefix-caching", Value: "false", Joined: true},
			{Name: "--enable-chunked-prefill", Value: "false"},
			{Name: "--gpu-memory-utilization", Value: "0.95", Joined: true},
			{Name: "--quantization", Value: "fp8"},
			{Name: "--tool-call-parser", Value: "llama3_json"},
		},
	}, cfg)
	require.Equal(t, []string{"--tool-call-parser"}, vllm.New().Catalogue().Unknown(cfg))
}

func TestParse_HoweverTheServerIsStarted(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"vllm serve m --enforce-eager",
		"/opt/venv/bin/vllm serve m --enforce-eager",
		"llmsim vllm serve m --enforce-eager",
		"nice -n 5 vllm serve m --enforce-eager",
		"serve m --enforce-eager",
		"m --enforce-eager",
		"--enforce-eager --model m",
		"vllm serve m --model other --enforce-eager",
		"python3 -m vllm.entrypoints.openai.api_server --model=m --enforce-eager",
	} {
		cfg, err := vllm.New().Parse(strings.Fields(line))
		require.NoError(t, err, line)
		require.Equal(t, "m", cfg.Model, line)
		require.Equal(t, []string{"--enforce-eager"}, cfg.FlagList(), line)
	}
}

func TestParse_WhatItCannotRead_SaysWhatToDo(t *testing.T) {
	t.Parallel()
	for text, args := range map[string][]string{
		"no model on the command line": {"vllm", "serve", "--max-num-seqs", "4"},
		"runs a shell script":          {"sh", "-c", "vllm serve m"},
		`unexpected argument "extra"`:  {"vllm", "serve", "m", "extra"},
		"--max-num-seqs needs a value": {"vllm", "serve", "m", "--max-num-seqs"},
		`--enforce-eager is "perhaps"`: {"vllm", "serve", "m", "--enforce-eager=perhaps"},
	} {
		_, err := vllm.New().Parse(args)
		require.ErrorContains(t, err, text)
	}
	_, err := vllm.New().Parse(nil)
	require.ErrorContains(t, err, "no model")
}

func TestCommandLine_StartsTheServerWhereItIsTold(t *testing.T) {
	t.Parallel()
	cfg := serving.EngineConfig{Engine: serving.VLLM, Model: "m"}.
		With("--max-num-seqs", "64").With("--enforce-eager", "").With("--enable-prefix-caching", "false").
		With("--cudagraph-capture-sizes", "1 2 4").With("--speculative-config", `{"method": "ngram"}`)
	require.Equal(t, []string{"vllm", "serve", "m", "--max-num-seqs", "64", "--enforce-eager", "--no-enable-prefix-caching",
		"--cudagraph-capture-sizes", "1", "2", "4", "--speculative-config", `{"method": "ngram"}`,
		"--host", "127.0.0.1", "--port", "8101"}, vllm.New().CommandLine(cfg, "127.0.0.1", 8101))
	require.Equal(t, []string{"vllm", "serve", "m"}, vllm.New().CommandLine(serving.EngineConfig{Model: "m"}, "", 0))
}

func TestCommandLine_OfAnyCatalogueConfiguration_ParsesToTheSame(t *testing.T) {
	t.Parallel()
	e := vllm.New()
	flag := rapid.Custom(func(t *rapid.T) serving.Flag {
		p := rapid.SampledFrom(e.Catalogue().Parameters).Draw(t, "parameter")
		f := serving.Flag{Name: p.Flag, Joined: rapid.Bool().Draw(t, "joined")}
		switch {
		case p.Type == engine.Bool:
			f.Value = rapid.SampledFrom([]string{"", "false"}).Draw(t, "switch")
		case p.Type == engine.Enum:
			f.Value = rapid.SampledFrom(p.Enum).Draw(t, "word")
		case p.Multiple:
			f.Value, f.Joined = rapid.SampledFrom([]string{"1", "1 2", "4 8 16"}).Draw(t, "words"), false
		default:
			f.Value = rapid.SampledFrom([]string{"1", "0.5", "8k", "-1", `{"a": "b c"}`}).Draw(t, "value")
		}
		return f
	})
	rapid.Check(t, func(t *rapid.T) {
		flags := rapid.SliceOfNDistinct(flag, 0, 8, func(f serving.Flag) string { return f.Name }).Draw(t, "flags")
		cfg := serving.EngineConfig{Engine: serving.VLLM, Model: "org/model", Flags: flags}
		got, err := e.Parse(e.CommandLine(cfg, "h", 1))
		require.NoError(t, err)
		require.Equal(t, cfg.Key(), got.Key())
		require.Equal(t, e.CommandLine(cfg, "h", 1), e.CommandLine(got, "h", 1))
	})
}

func TestCanonical_TwoSpellings_OneKey(t *testing.T) {
	t.Parallel()
	e := vllm.New()
	one, err := engine.Canonical(e, serving.EngineConfig{Version: "0.20.1", Model: "m", Flags: []serving.Flag{
		{Name: "-tp", Value: "2"}, {Name: "--no-enable-prefix-caching"}, {Name: "--enforce_eager", Value: "true"},
	}})
	require.NoError(t, err)
	two, err := engine.Canonical(e, serving.EngineConfig{Version: "0.20.1", Model: "m", Flags: []serving.Flag{
		{Name: "--enforce-eager"}, {Name: "--tensor-parallel-size", Value: "2"}, {Name: "--enable-prefix-caching", Value: "false"},
	}})
	require.NoError(t, err)
	require.Equal(t, one.Key(), two.Key())
	_, err = engine.Canonical(e, serving.EngineConfig{})
	require.ErrorContains(t, err, "no model")
}

// FuzzParse reads any command line: no panic, and what is read launches the
// same engine when it is rendered and read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"vllm serve m --max-num-seqs 128 --enable-prefix-caching=false", "m -tp 2 -q fp8", "--model m --x a b --y=1",
		"vllm serve m --speculative-config {\"method\":\"ngram\"}", "m --", "m --=", "m --= x", "m - -1", "m --x \x00", "m --a=--b",
		"m --max-model-len -1 --cudagraph-capture-sizes 1 2", "-- m", "m --no-enforce-eager --host h --port", "m --x 'a b' \\", "m --cc.a",
	} {
		f.Add(seed)
	}
	e := vllm.New()
	f.Fuzz(func(t *testing.T, line string) {
		cfg, err := e.Parse(strings.Split(line, " "))
		if err != nil || strings.HasPrefix(cfg.Model, "-") {
			return // a model that looks like a flag cannot be told from one
		}
		again, err := e.Parse(e.CommandLine(cfg, "h", 1))
		require.NoError(t, err)
		require.Equal(t, cfg, again)
		e.Validate(cfg, serving.Hardware{GPU: "H100"})
	})
}

// Command lines as vLLM's own documentation and users write them.
func TestCommandLine_OfRealOnes_ParsesToTheSame(t *testing.T) {
	t.Parallel()
	e := vllm.New()
	for _, line := range []string{
		"vllm serve meta-llama/Llama-3.1-8B-Instruct",
		"vllm serve m --tensor-parallel-size 4 --pipeline-parallel-size 2 --gpu-memory-utilization 0.95 --max-model-len 32k --max-num-seqs 256",
		"vllm serve m --max-num-batched-tokens=8192 --enable-chunked-prefill --no-enable-prefix-caching --long-prefill-token-threshold 4096",
		`vllm serve m --speculative-config {"method":"eagle3","num_speculative_tokens":3} --no-async-scheduling`,
		`vllm serve m --compilation-config {"cudagraph_mode":"FULL","cudagraph_capture_sizes":[1,2,4]} --cudagraph-capture-sizes 1 2 4 8`,
		"vllm serve m --quantization fp8 --kv-cache-dtype fp8_e4m3 --dtype bfloat16 --enforce-eager --cpu-offload-gb 4 --kv-offloading-size 16",
		"vllm serve m --data-parallel-size 2 --enable-expert-parallel --enable-eplb --decode-context-parallel-size 2 --performance-mode throughput",
		"vllm serve m --served-model-name a b --swap-space 4 --num-scheduler-steps 8 --enable-prefix-caching=false --tool-call-parser llama3_json",
		"vllm serve m --spec-method ngram --spec-tokens 4 --kv-cache-metrics --watermark 0.05 -O3 --limit-mm-per-prompt.image 2",
	} {
		cfg, err := e.Parse(strings.Fields(line))
		require.NoError(t, err, line)
		require.Equal(t, strings.Fields(line), e.CommandLine(cfg, "", 0))
	}
}
