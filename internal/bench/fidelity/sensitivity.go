package fidelity

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Effect is one flag's effect on throughput (or on latency at one client, as
// tokens per second) beside the range that is published for such a case.
type Effect struct {
	Flag   string `json:"flag"`
	Case   string `json:"case"`
	Source string `json:"source"`
	// Simulated is the ratio of output tokens per second with the flag to without.
	Simulated float64 `json:"simulated"`
	Least     float64 `json:"published_least"`
	Most      float64 `json:"published_most"`
	Agrees    bool    `json:"agrees"`
}

// lever is a flag to be judged: from and to are what it is compared between.
type lever struct {
	flag, label, source string
	gpu                 string
	gpus                int
	from, to            []string
	toModel             string // empty: the same
	clients             int
	input, output       int
	shared              float64
	least, most         float64
}

const (
	llama8 = "meta-llama/Llama-3.1-8B-Instruct"
	w4of8  = "hugging-quants/Meta-Llama-3.1-8B-Instruct-GPTQ-INT4"
	int8of = "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8"
)

// levers are the cases of levers.md that state a size, with its range widened by
// a quarter where one host was measured.
func levers() []lever {
	small := []string{"--max-model-len", "8192"}
	return []lever{
		{flag: "--enforce-eager", label: "8B H100, one client", source: "2-4x slower (levers.md)", from: nil, to: []string{"--enforce-eager", ""}, clients: 1, least: 0.25, most: 0.55},
		{flag: "--enforce-eager", label: "8B L4, 32 clients: GPU-bound", source: "none on L4, A10G, L40S", gpu: "L4", from: small, to: append([]string{"--enforce-eager", ""}, small...), clients: 32, least: 0.95, most: 1.1},
		{flag: "--max-num-seqs", label: "8B A100, 16 to 256", source: "3.0x", gpu: "A100-80", from: []string{"--max-num-seqs", "16"}, to: []string{"--max-num-seqs", "256"}, clients: 256, least: 2.2, most: 3.8},
		{flag: "--quantization fp8", label: "8B H100, 256 clients", source: "1.25x offline, 1.27x", to: []string{"--quantization", "fp8"}, clients: 256, least: 1.1, most: 1.45},
		{flag: "--quantization fp8", label: "8B H100, one client", source: "1.5x", to: []string{"--quantization", "fp8"}, clients: 1, least: 1.25, most: 1.75},
		{flag: "--quantization fp8", label: "8B A100: weight-only", source: "+6% offline", gpu: "A100-80", to: []string{"--quantization", "fp8"}, clients: 256, least: 0.85, most: 1.15},
		{flag: "INT8 checkpoint", label: "8B A100, 256 clients", source: "1.32x", gpu: "A100-80", toModel: int8of, clients: 256, least: 1.1, most: 1.6},
		{flag: "W4A16 checkpoint", label: "8B A100-40, 8 clients", source: "1.65x", gpu: "A100-40", toModel: w4of8, clients: 8, least: 1.3, most: 2.1},
		{flag: "W4A16 checkpoint", label: "8B H100, 256 clients", source: "+2%", toModel: w4of8, clients: 256, least: 0.8, most: 1.15},
		{flag: "--quantization gptq", label: "4-bit 8B A100, 256 clients", source: "0.65x of BF16", gpu: "A100-80", toModel: w4of8, to: []string{"--quantization", "gptq"}, clients: 256, least: 0.5, most: 0.8},
		{flag: "--kv-cache-dtype fp8", label: "8B L4, 64 clients: starved", source: "1.49x", gpu: "L4", from: small, to: append([]string{"--kv-cache-dtype", "fp8"}, small...), clients: 64, least: 1.2, most: 1.8},
		{flag: "--kv-cache-dtype fp8", label: "8B H100, 20k/2k, 8 clients", source: "+15%", to: []string{"--kv-cache-dtype", "fp8"}, clients: 8, input: 20000, output: 2000, least: 1.02, most: 1.4},
		{flag: "--gpu-memory-utilization", label: "8B L4, .85 to .92: starved", source: "+72% from .80 to .90, +13% from .90 to .95", gpu: "L4", from: append([]string{"--gpu-memory-utilization", "0.85"}, "--max-model-len", "4096"), to: []string{"--gpu-memory-utilization", "0.92", "--max-model-len", "4096"}, clients: 64, least: 1.1, most: 2},
		{flag: "--enable-prefix-caching", label: "8B H100, 2048/128, 75% shared", source: "2.89x measured, 2.14x reference", from: []string{"--enable-prefix-caching", "false"}, clients: 256, input: 2048, output: 128, shared: 0.75, least: 1.6, most: 3.6},
		{flag: "--enable-prefix-caching", label: "8B H100, 2048/128, nothing shared", source: "-0.5%", from: []string{"--enable-prefix-caching", "false"}, clients: 256, input: 2048, output: 128, least: 0.95, most: 1.05},
		{flag: "--max-num-batched-tokens", label: "8B H100, 1024 to 8192", source: "within 5%", from: []string{"--max-num-batched-tokens", "1024"}, to: []string{"--max-num-batched-tokens", "8192"}, clients: 128, input: 3000, output: 200, least: 0.9, most: 1.25},
		{flag: "--tensor-parallel-size", label: "8B, 4 H100 as one engine, of 4 engines", source: "1/1.47 (A800 TP8: 2.0x of one)", gpus: 4, to: []string{"--tensor-parallel-size", "4"}, clients: 256, least: 1.3, most: 3.2},
		{flag: "--tensor-parallel-size", label: "8B, 4 L40S without peer-to-peer", source: "4 engines 4.9x as fast", gpu: "L40S", gpus: 4, from: small, to: append([]string{"--tensor-parallel-size", "4"}, small...), clients: 64, least: 0.4, most: 1.4},
	}
}

// Sensitivity judges every lever.
func Sensitivity() ([]Effect, error) {
	var out []Effect
	for _, l := range levers() {
		e, err := l.effect()
		if err != nil {
			return nil, fmt.Errorf("sensitivity: %s, %s: %w", l.flag, l.label, err)
		}
		out = append(out, e)
	}
	return out, nil
}

func (l lever) effect() (Effect, error) {
	if l.gpu == "" {
		l.gpu = "H100"
	}
	if l.input == 0 {
		l.input, l.output = 600, 250
	}
	to := llama8
	if l.toModel != "" {
		to = l.toModel
	}
	before, err := l.throughput(llama8, l.from)
	if err != nil {
		return Effect{}, err
	}
	after, err := l.throughput(to, l.to)
	if err != nil {
		return Effect{}, err
	}
	ratio := after / before
	return Effect{Flag: l.flag, Case: l.label, Source: l.source, Simulated: ratio,
		Least: l.least, Most: l.most, Agrees: ratio >= l.least && ratio <= l.most}, nil
}

// throughput keeps the clients busy and gives output tokens per second.
func (l lever) throughput(model string, flags []string) (float64, error) {
	cfg := serving.EngineConfig{Engine: serving.VLLM, Model: model}
	for i := 0; i+1 < len(flags); i += 2 {
		cfg = cfg.With(flags[i], flags[i+1])
	}
	if _, set := cfg.Get("--max-model-len"); !set {
		cfg = cfg.With("--max-model-len", "32768")
	}
	m, err := perfmodel.New(cfg, serving.Hardware{GPU: l.gpu, GPUs: max(1, l.gpus)})
	if err != nil {
		return 0, err
	}
	core, err := llmsim.NewModelCore(m, seed)
	if err != nil {
		return 0, err
	}
	arrivals := newRequests(l.input, l.output, 0.3, 32768).make(max(12, 3*l.clients), 0)
	system := int(l.shared * float64(l.input))
	for i := range arrivals {
		if i > 0 && system < len(arrivals[i].Prompt) {
			copy(arrivals[i].Prompt[:min(system, len(arrivals[0].Prompt))], arrivals[0].Prompt)
		}
	}
	run, err := llmsim.Closed(core, l.clients, arrivals)
	return run.OutputTokensPerSecond(), err
}
