package fidelity

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// pointModel lays out the engine of a published figure. Benchmarks ask for greedy
// decoding, so the sampler's cost is left out.
func pointModel(l line) (perfmodel.Model, error) {
	cfg, err := pointConfig(l)
	if err != nil {
		return perfmodel.Model{}, err
	}
	greedy := perfmodel.DefaultTuning()
	greedy.Constants.SamplerSeconds, greedy.Constants.SamplerBaseSeconds = 0, 0
	hw := serving.Hardware{GPU: strings.ReplaceAll(l.text("gpu"), " D", "D"), GPUs: max(1, l.integer("n_gpu"))}
	return perfmodel.NewWith(cfg, hw, greedy)
}

func pointConfig(l line) (serving.EngineConfig, error) {
	cfg := serving.EngineConfig{Engine: serving.VLLM}
	if l.text("engine") != "vllm" {
		return cfg, fmt.Errorf("engine %s is not compared here", l.text("engine"))
	}
	flags := l.text("flags")
	for _, part := range []string{"EAGLE", "draft model", "n-gram", "multi-step", "spec", "prefix hit", "% hit", "tuned", "client batch"} {
		if strings.Contains(flags, part) && !strings.Contains(flags, "no spec") {
			return cfg, fmt.Errorf("set-up %q is not described well enough or not modelled", flags)
		}
	}
	var err error
	if cfg.Version, err = pointVersion(l.text("version")); err != nil {
		return cfg, err
	}
	if cfg.Model, err = pointCheckpoint(l); err != nil {
		return cfg, err
	}
	if l.text("kv_dtype") == "fp8" {
		cfg = cfg.With("--kv-cache-dtype", "fp8")
	}
	if l.text("weights") == "fp8" && perfmodel.CheckpointWeights(cfg.Model) == "" {
		cfg = cfg.With("--quantization", "fp8")
	}
	return pointFlags(cfg, l), nil
}

// pointVersion reads what sources call a version. "2026-04" is the version of
// that month; V1 alone is its first release as the default.
func pointVersion(text string) (string, error) {
	switch {
	case strings.HasPrefix(text, "2026-04"):
		return "0.20.1", nil
	case strings.HasPrefix(text, "2023"):
		return "0.2.0", nil
	case text == "V1":
		return "0.9.0", nil
	case text == "0.7 V1":
		return "0.8.0", nil
	}
	if m := regexp.MustCompile(`0\.\d+`).FindString(text); m != "" {
		return m + ".0", nil
	}
	return "", fmt.Errorf("%w the version (%q)", errUnknown, text)
}

// pointCheckpoint is the checkpoint's name with its weight format.
func pointCheckpoint(l line) (string, error) {
	name := strings.ReplaceAll(l.text("model"), "llama3", "llama-3")
	if perfmodel.CheckpointWeights(name) != "" {
		return name, nil
	}
	switch w := strings.ToLower(l.text("weights")); {
	case w == "" || w == "fp8" || w == "bf16" || w == "fp16" || w == "mxfp4":
		return name, nil
	case strings.HasPrefix(w, "fp8"):
		return name + "-FP8", nil
	case w == "awq" || w == "w4" || strings.Contains(w, "gptq") || w == "w4a16":
		return name + "-GPTQ", nil
	case w == "int8" || w == "w8a8":
		return name + "-w8a8", nil
	}
	return "", fmt.Errorf("weights %s are not modelled", l.text("weights"))
}

var (
	pointFlag  = regexp.MustCompile(`--[a-z-]+( [^ -][^ ]*|=[^ ]+)?`)
	pointSetup = regexp.MustCompile(`(max_num_seqs|max_model_len|util|TP) ?(\.?\d+)`)
	pointSpare = regexp.MustCompile(`(\d+) (tokens|seqs)`)
)

// pointFlags adds the flags that a source names or paraphrases.
func pointFlags(cfg serving.EngineConfig, l line) serving.EngineConfig {
	flags := l.text("flags")
	if n := l.integer("n_gpu"); n > 1 {
		cfg = cfg.With("--tensor-parallel-size", strconv.Itoa(n))
	}
	names := map[string]string{"max_num_seqs": "--max-num-seqs", "max_model_len": "--max-model-len", "util": "--gpu-memory-utilization", "TP": "--tensor-parallel-size"}
	for _, m := range pointSetup.FindAllStringSubmatch(flags, -1) {
		cfg = cfg.With(names[m[1]], m[2])
	}
	for _, m := range pointSpare.FindAllStringSubmatch(flags, -1) {
		cfg = cfg.With(map[string]string{"tokens": "--max-num-batched-tokens", "seqs": "--max-num-seqs"}[m[2]], m[1])
	}
	for _, f := range pointFlag.FindAllString(flags, -1) {
		name, value, _ := strings.Cut(strings.Replace(f, "=", " ", 1), " ")
		if value == "concurrency" {
			value = l.text("load")
		}
		cfg = cfg.With(name, value)
	}
	if strings.Contains(flags, "enforce_eager") || strings.Contains(flags, "eager") || strings.HasPrefix(l.text("version"), "2023") {
		cfg = cfg.With("--enforce-eager", "")
	}
	if strings.Contains(flags, "quantization=gptq forced") {
		cfg = cfg.With("--quantization", "gptq")
	}
	if _, set := cfg.Get("--max-model-len"); !set && l.integer("input_len") < 16000 {
		cfg = cfg.With("--max-model-len", "16384") // the longest request fits, and a small card starts
		if a, err := perfmodel.LookupArchitecture(cfg.Model); err == nil && a.MaxModelLen < 16384 {
			cfg = cfg.With("--max-model-len", strconv.Itoa(a.MaxModelLen))
		}
	}
	return cfg
}
