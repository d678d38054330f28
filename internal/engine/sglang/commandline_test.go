package sglang_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/sglang"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var _ engine.Engine = sglang.Engine{}

func TestParse_ARealCommandLine(t *testing.T) {
	t.Parallel()
	cfg, err := sglang.New().Parse(strings.Fields(
		"python -m sglang.launch_server --model-path meta-llama/Llama-3.1-8B-Instruct --host 0.0.0.0 --port 30000 --tp 2 " +
			"--mem-fraction-static=0.85 --enable-metrics --cuda-graph-bs 1 2 4 8 --chunked-prefill-size -1 --lora-paths a=/x b=/y --schedule-policy lpm"))
	require.NoError(t, err)
	require.Equal(t, serving.EngineConfig{
		Engine: serving.SGLang, Model: "meta-llama/Llama-3.1-8B-Instruct",
		Flags: []serving.Flag{
			{Name: "--tp-size", Value: "2"},
			{Name: "--mem-fraction-static", Value: "0.85", Joined: true},
			{Name: "--enable-metrics"},
			{Name: "--cuda-graph-bs", Value: "1 2 4 8"},
			{Name: "--chunked-prefill-size", Value: "-1"},
			{Name: "--lora-paths", Value: "a=/x b=/y"},
			{Name: "--schedule-policy", Value: "lpm"},
		},
	}, cfg)
	require.Equal(t, []string{"--lora-paths"}, sglang.New().Catalogue().Unknown(cfg))
}

func TestParse_HoweverTheServerIsStarted(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"python -m sglang.launch_server --model-path m --tp 2",
		"python3 -m sglang.launch_server --model m --tp-size 2",
		"/opt/venv/bin/python3.12 -m sglang.launch_server --model-path=m --tensor-parallel-size=2",
		"sglang serve --model-path m --tp 2",
		"/usr/local/bin/sglang serve --tp 2 --model m",
		"llmsim sglang serve --model-path m --tp 2",
		"llmsim python3 -m sglang.launch_server --model-path m --tp 2",
		"nice -n 5 numactl -N 0 python -m sglang.launch_server --model-path m --tp 2",
		"serve --model-path m --tp 2",
		"--model-path m --tp 2",
		"--model-path other --tp 4 --model-path m --tp 2",
		"--model-path m --tp 2 --enable-metrics --enable-metrics=false",
	} {
		cfg, err := sglang.New().Parse(strings.Fields(line))
		require.NoError(t, err, line)
		require.Equal(t, "m", cfg.Model, line)
		value, set := cfg.Get("--tp-size")
		require.True(t, set, line)
		require.Equal(t, "2", value, line)
		require.Len(t, cfg.Flags, 1, line)
	}
}

func TestParse_WhatItCannotRead_SaysWhatToDo(t *testing.T) {
	t.Parallel()
	for text, args := range map[string][]string{
		"write --model-path":              {"python3", "-m", "sglang.launch_server", "--tp", "4"},
		"only a --config file names":      {"sglang", "serve", "--config", "prod.yaml"},
		"runs a shell script":             {"bash", "-c", "sglang serve --model-path m"},
		`unexpected argument "m"`:         {"sglang", "serve", "m"},
		"--mem-fraction-static needs":     {"--model-path", "m", "--mem-fraction-static"},
		`--enable-metrics is "perhaps"`:   {"--model-path", "m", "--enable-metrics=perhaps"},
		"flag --model-path needs a value": {"--model-path"},
	} {
		_, err := sglang.New().Parse(args)
		require.ErrorContains(t, err, text)
	}
}

func TestCommandLine_StartsTheServerWhereItIsTold(t *testing.T) {
	t.Parallel()
	cfg := serving.EngineConfig{Engine: serving.SGLang, Model: "org/m"}.
		With("--max-running-requests", "64").With("--enable-metrics", "true").With("--disable-radix-cache", "false").
		With("--cuda-graph-bs", "1 2 4").With("--chunked-prefill-size", "-1").With("--json-model-override-args", `{"a": 1}`)
	require.Equal(t, []string{"python3", "-m", "sglang.launch_server", "--model-path", "org/m", "--max-running-requests", "64", "--enable-metrics",
		"--cuda-graph-bs", "1", "2", "4", "--chunked-prefill-size", "-1", "--json-model-override-args", `{"a": 1}`,
		"--host", "127.0.0.1", "--port", "30001"}, sglang.New().CommandLine(cfg, "127.0.0.1", 30001))
	require.Equal(t, []string{"python3", "-m", "sglang.launch_server", "--model-path", "m"}, sglang.New().CommandLine(serving.EngineConfig{Model: "m"}, "", 0))
}

func TestCommandLine_Switches_AreThereOrNot(t *testing.T) {
	t.Parallel()
	on := serving.Flag{Name: "--enable-metrics", Value: "true", Joined: true}
	off := serving.Flag{Name: "--disable-cuda-graph", Value: "False", Joined: true}
	line := sglang.New().CommandLine(serving.EngineConfig{Model: "m", Flags: []serving.Flag{on, off}}, "", 0)
	require.Equal(t, []string{"--model-path", "m", "--enable-metrics"}, line[3:], "argparse refuses --enable-metrics=true")
}

// realLines are command lines from SGLang's own documentation and from the
// issues that engines.md quotes, with the launcher that is rendered.
func realLines() []string {
	return []string{
		"--model-path meta-llama/Meta-Llama-3-8B-Instruct --mem-fraction-static 0.7",
		"--model-path meta-llama/Meta-Llama-3-8B-Instruct --chunked-prefill-size 4096",
		"--model-path m --tp-size 4 --dist-init-addr sgl-dev-0:50000 --nnodes 2 --node-rank 0",
		"--model-path deepseek-ai/DeepSeek-V3 --tp-size 8 --dp-size 8 --enable-dp-attention --trust-remote-code",
		"--model-path m --speculative-algorithm EAGLE3 --speculative-draft-model-path d --speculative-num-steps 3 --speculative-eagle-topk 1 --speculative-num-draft-tokens 4 --dtype float16",
		"--model-path m --speculative-algorithm NGRAM --cuda-graph-bs-decode [1,2,3,4,5,6,7,8] --cuda-graph-max-bs-decode 128 --cuda-graph-backend-prefill disabled",
		"--model-path m --schedule-conservativeness 0.3 --max-running-requests 128 --enable-torch-compile --torch-compile-max-bs 8",
		"--model-path m --kv-cache-dtype fp8_e4m3 --quantization fp8 --attention-backend fa3 --page-size 64",
		"--model-path m --enable-hierarchical-cache --hicache-ratio 2.5 --hicache-write-policy write_back --radix-eviction-policy lfu",
		"--model-path m --bucket-time-to-first-token 0.1 0.5 1 --enable-metrics --collect-tokens-histogram --decode-log-interval 10",
		"--model-path m --api-key sk-123 --tool-call-parser llama3 --lora-paths a=/x b=/y --lora-backend triton",
		"--model-path m --moe-a2a-backend deepep --deepep-mode auto --ep-size 16 --tp-size 16 --disable-overlap-schedule",
	}
}

func TestCommandLine_OfARealLine_IsTheLine(t *testing.T) {
	t.Parallel()
	e := sglang.New()
	for _, line := range realLines() {
		args := append([]string{"python3", "-m", "sglang.launch_server"}, strings.Fields(line)...)
		cfg, err := e.Parse(args)
		require.NoError(t, err, line)
		require.Equal(t, args, e.CommandLine(cfg, "", 0), line)
	}
}

func TestCommandLine_OfAnyCatalogueConfiguration_ParsesToTheSame(t *testing.T) {
	t.Parallel()
	e := sglang.New()
	flag := rapid.Custom(func(t *rapid.T) serving.Flag {
		p := rapid.SampledFrom(e.Catalogue().Parameters).Filter(func(p engine.Parameter) bool {
			return p.Flag != "--model-path" && p.Flag != "--host" && p.Flag != "--port"
		}).Draw(t, "parameter")
		f := serving.Flag{Name: p.Flag, Joined: rapid.Bool().Draw(t, "joined")}
		switch {
		case p.Type == engine.Bool:
			f.Joined = false
		case p.Type == engine.Enum:
			f.Value = rapid.SampledFrom(p.Enum).Draw(t, "word")
		case p.Multiple:
			f.Value, f.Joined = rapid.SampledFrom([]string{"1", "1 2", "4 8 16", "[1,2]"}).Draw(t, "words"), false
		default:
			f.Value = rapid.SampledFrom([]string{"1", "0.5", "8k", "-1", "--x", `{"a": "b c"}`}).Draw(t, "value")
		}
		return f
	})
	rapid.Check(t, func(t *rapid.T) {
		flags := rapid.SliceOfNDistinct(flag, 0, 8, func(f serving.Flag) string { return f.Name }).Draw(t, "flags")
		cfg := serving.EngineConfig{Engine: serving.SGLang, Model: "org/model", Flags: flags}
		got, err := e.Parse(e.CommandLine(cfg, "h", 1))
		require.NoError(t, err)
		require.Equal(t, cfg.Key(), got.Key())
		require.Equal(t, e.CommandLine(cfg, "h", 1), e.CommandLine(got, "h", 1))
	})
}

func TestCanonical_TwoSpellings_OneKey(t *testing.T) {
	t.Parallel()
	e := sglang.New()
	one, err := engine.Canonical(e, serving.EngineConfig{Version: "0.5.18", Model: "m", Flags: []serving.Flag{
		{Name: "--tp", Value: "2"}, {Name: "--enable_metrics", Value: "true"}, {Name: "--disable-radix-cache", Value: "false"},
	}})
	require.NoError(t, err)
	two, err := engine.Canonical(e, serving.EngineConfig{Version: "0.5.18", Model: "m", Flags: []serving.Flag{
		{Name: "--enable-metrics"}, {Name: "--tensor-parallel-size", Value: "2", Joined: true},
	}})
	require.NoError(t, err)
	require.Equal(t, one.Key(), two.Key())
	_, err = engine.Canonical(e, serving.EngineConfig{})
	require.ErrorContains(t, err, "--model-path")
}

// FuzzParse reads any command line: no panic, and what is read launches the
// same engine when it is rendered and read again.
func FuzzParse(f *testing.F) {
	for _, line := range realLines() {
		f.Add(line)
	}
	for _, seed := range []string{
		"sglang serve --model-path m --tp 2 --enable-metrics=false", "python -m sglang.launch_server --model=m --x a b --y=1",
		"--model-path=-x", "--model m --", "--model m --= x", "--model m - -1", "--model m --x \x00", "--model m --a=--b", "--model m --enable-metrics true",
		"--model m --chunked-prefill-size 9223372036854775807 --page-size 9223372036854775807 --dp 9223372036854775807 --enable-dp-attention",
		"--model m --nnodes 0 --tp 0 --ep 0 --dp 0 --enable-dp-attention", "--model m --json-model-override-args.a 1", "--model m --host h --port",
	} {
		f.Add(seed)
	}
	e := sglang.New()
	f.Fuzz(func(t *testing.T, line string) {
		cfg, err := e.Parse(strings.Split(line, " "))
		if err != nil {
			return
		}
		again, err := e.Parse(e.CommandLine(cfg, "h", 1))
		require.NoError(t, err)
		require.Equal(t, cfg, again)
		e.Validate(cfg, serving.Hardware{GPU: "H100", GPUs: 8})
	})
}
