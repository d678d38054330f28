package tgi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/tgi"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var _ engine.Engine = tgi.Engine{}

func TestParse_ARealCommandLine(t *testing.T) {
	t.Parallel()
	cfg, err := tgi.New().Parse(strings.Fields(
		"text-generation-launcher --model-id meta-llama/Llama-3.1-8B-Instruct --hostname 0.0.0.0 -p 80 --num-shard 2 " +
			"--max-input-length=3000 --max_total_tokens 4096 --quantize fp8 --trust-remote-code --cors-allow-origin a --cors-allow-origin b"))
	require.NoError(t, err)
	require.Equal(t, serving.EngineConfig{
		Engine: serving.TGI, Model: "meta-llama/Llama-3.1-8B-Instruct",
		Flags: []serving.Flag{
			{Name: "--num-shard", Value: "2"},
			{Name: "--max-input-tokens", Value: "3000", Joined: true},
			{Name: "--max-total-tokens", Value: "4096"},
			{Name: "--quantize", Value: "fp8"},
			{Name: "--trust-remote-code"},
			{Name: "--cors-allow-origin", Value: "a"}, {Name: "--cors-allow-origin", Value: "b"},
		},
	}, cfg)
	require.Equal(t, []string{"--cors-allow-origin"}, tgi.New().Catalogue().Unknown(cfg))
}

func TestParse_HoweverTheServerIsStarted(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"text-generation-launcher --model-id m --speculate 2",
		"/usr/local/bin/text-generation-launcher --speculate 2 --model-id=m",
		"llmsim text-generation-launcher --model-id m --speculate 2",
		"nice -n 5 text-generation-launcher --model-id m --port 3000 --speculate 2",
		"--model-id m --speculate 2",
		"docker run --gpus all --shm-size 1g -p 8080:80 -v /data:/data ghcr.io/huggingface/text-generation-inference:3.3.7 --model-id m --speculate 2",
		"docker run ghcr.io/huggingface/text-generation-inference@sha256:ab --model-id m --speculate 2",
	} {
		cfg, err := tgi.New().Parse(strings.Fields(line))
		require.NoError(t, err, line)
		require.Equal(t, "m", cfg.Model, line)
		require.Equal(t, []string{"--speculate 2"}, cfg.FlagList(), line)
	}
}

// Command lines as TGI's own documentation and users write them.
func TestCommandLine_OfRealOnes_ParsesToTheSame(t *testing.T) {
	t.Parallel()
	e := tgi.New()
	for _, line := range []string{
		"text-generation-launcher --model-id HuggingFaceH4/zephyr-7b-beta",
		"text-generation-launcher --model-id meta-llama/Llama-2-70b-chat-hf --sharded true --num-shard 4 --max-batch-prefill-tokens 50000 --max-batch-total-tokens 200000",
		"text-generation-launcher --model-id m --max-input-tokens 8000 --max-total-tokens 8192 --max-batch-prefill-tokens 8242 --waiting-served-ratio 1.2 --max-waiting-tokens 40",
		"text-generation-launcher --model-id m --quantize bitsandbytes-nf4 --dtype float16 --cuda-graphs 0 --cuda-memory-fraction 0.8",
		"text-generation-launcher --model-id m --kv-cache-dtype fp8_e5m2 --cuda-graphs 1,2,4,8,16,32,64 --speculate 3 --validation-workers 4",
		"text-generation-launcher --model-id m --lora-adapters a/b,c=/path@rev --revision refs/pr/2 --json-output --enable-prefill-logprobs --api-key secret",
		"text-generation-launcher --model-id m --rope-scaling dynamic --rope-factor 2.0 --usage-stats no-stack --max-concurrent-requests 512 --max-batch-size 64",
	} {
		cfg, err := e.Parse(strings.Fields(line))
		require.NoError(t, err, line)
		require.Equal(t, strings.Fields(line), e.CommandLine(cfg, "", 0))
	}
}

func TestParse_WhatTheLauncherRefuses_IsAnError(t *testing.T) {
	t.Parallel()
	for text, line := range map[string]string{
		"add --model-id":                                 "text-generation-launcher --num-shard 2",
		`unexpected argument "m"`:                        "text-generation-launcher m",
		"--num-shard is given twice":                     "--model-id m --num-shard 2 --num-shard=4",
		"--max-input-tokens is given twice":              "--model-id m --max-input-length 9 --max-input-tokens 9",
		"--speculate needs a value":                      "--model-id m --speculate",
		`flag --json-output is "maybe", must be true or`: "--model-id m --json-output=maybe",
		`"sh -c" runs a shell script`:                    "sh -c text-generation-launcher",
	} {
		_, err := tgi.New().Parse(strings.Fields(line))
		require.ErrorContains(t, err, text, line)
	}
	_, err := tgi.New().Parse(nil)
	require.ErrorContains(t, err, "MODEL_ID")
}

func TestCommandLine_StartsTheServerWhereItIsTold(t *testing.T) {
	t.Parallel()
	cfg := serving.EngineConfig{Engine: serving.TGI, Model: "m", Flags: []serving.Flag{
		{Name: "--max-concurrent-requests", Value: "512"}, {Name: "--json-output", Value: "true", Joined: true},
		{Name: "--disable-custom-kernels", Value: "false"},
	}}
	require.Equal(t, []string{"text-generation-launcher", "--model-id", "m", "--max-concurrent-requests", "512", "--json-output",
		"--hostname", "127.0.0.1", "--port", "8101"}, tgi.New().CommandLine(cfg, "127.0.0.1", 8101),
		"clap's switches take no value and have no negation")
}

func TestCanonical_TwoSpellings_OneKey(t *testing.T) {
	t.Parallel()
	e := tgi.New()
	one, err := engine.Canonical(e, serving.EngineConfig{Version: "3.3.7", Model: "m", Flags: []serving.Flag{
		{Name: "--max-input-length", Value: "9"}, {Name: "--env", Value: "false"}, {Name: "--json-output", Value: "true"},
	}})
	require.NoError(t, err)
	two, err := engine.Canonical(e, serving.EngineConfig{Version: "3.3.7", Model: "m", Flags: []serving.Flag{
		{Name: "--json-output"}, {Name: "--max-input-tokens", Value: "9"},
	}})
	require.NoError(t, err)
	require.Equal(t, one.Key(), two.Key())
}

func TestCommandLine_OfAnyCatalogueConfiguration_ParsesToTheSame(t *testing.T) {
	t.Parallel()
	e := tgi.New()
	flag := rapid.Custom(func(t *rapid.T) serving.Flag {
		p := rapid.SampledFrom(e.Catalogue().Parameters).Draw(t, "parameter")
		switch p.Type {
		case engine.Bool:
			return serving.Flag{Name: p.Flag}
		case engine.Enum:
			return serving.Flag{Name: p.Flag, Value: rapid.SampledFrom(p.Enum).Draw(t, "word"), Joined: rapid.Bool().Draw(t, "joined")}
		}
		value := rapid.SampledFrom([]string{"1", "0.5", "1,2,4", "-1", "a=b@c", `{"a": "b c"}`}).Draw(t, "value")
		return serving.Flag{Name: p.Flag, Value: value, Joined: rapid.Bool().Draw(t, "joined")}
	})
	rapid.Check(t, func(t *rapid.T) {
		flags := rapid.SliceOfNDistinct(flag, 1, 8, func(f serving.Flag) string { return f.Name }).Draw(t, "flags")
		cfg := serving.EngineConfig{Engine: serving.TGI, Model: "org/model", Flags: flags}
		got, err := e.Parse(e.CommandLine(cfg, "h", 1))
		require.NoError(t, err)
		require.Equal(t, cfg, got)
	})
}

// FuzzParseArguments reads any command line: no panic, and what is read launches
// the same engine when it is rendered and read again.
func FuzzParseArguments(f *testing.F) {
	for _, seed := range []string{
		"text-generation-launcher --model-id m --num-shard 2", "--model-id=m --cuda-graphs 1,2 --env", "--model-id m --x a b --y=1",
		"docker run -p 1:2 x/text-generation-inference:3.0 --model-id m", "--model-id m --json-output true", "--model-id m -e -p 80",
		"--model-id m --", "--model-id m --=", "--model-id -1 --= x", "--model-id m - -1", "--model-id m --x \x00", "--model-id m --a=--b",
		"text-generation-launcher text-generation-launcher --model-id m", "--model-id m --max_input_length 8 --hostname h --port",
	} {
		f.Add(seed)
	}
	e := tgi.New()
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
