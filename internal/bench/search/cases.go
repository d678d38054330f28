package search

import (
	"github.com/optiinfra/performance-agent/internal/bench/diagnosis"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Checkpoints that the simulator knows.
const (
	llama8B = "meta-llama/Llama-3.1-8B-Instruct"
	qwen8B  = "Qwen/Qwen3-8B"
	qwen14B = "Qwen/Qwen3-14B"
	mistral = "mistralai/Mistral-7B-Instruct-v0.3"
)

// Cases are all that is measured. Objectives are p95 on the first token and on the
// mean gap of a request; traffic is Poisson with log-normal lengths.
func Cases() []Case {
	out := append(vllmCases(), sglangCases()...)
	return append(out, tgiCases()...)
}

func vllmCases() []Case {
	chat := plant(llama8B, "H100", 600, 150, 0.5, 0.014)
	starved := plant(llama8B, "L4", 500, 150, 3, 0.09, "--max-model-len", "8192")
	long := plant(qwen14B, "A100-80", 3000, 100, 2, 0.06, "--max-model-len", "16384")
	shared := plant(mistral, "L40S", 1500, 100, 1, 0.06, "--no-enable-prefix-caching")
	shared.Shared, shared.Groups = 0.7, 4
	return []Case{
		vllmCase("vllm-chat-mistuned", startMistuned, chat.with(1.2, "--max-num-seqs", "16", "--enforce-eager", "--gpu-memory-utilization", "0.8")),
		vllmCase("vllm-chat-default", startDefault, chat.with(0.9)).tunedToo(),
		vllmCase("vllm-starved-default", startDefault, starved.with(1.1)),
		vllmCase("vllm-long-prompts-default", startDefault, long.with(0.9)),
		vllmCase("vllm-shared-mistuned", startMistuned, shared.with(1.1, "--max-num-batched-tokens", "2048")).instead(choice("--enable-prefix-caching", "false", "true")),
	}
}

func sglangCases() []Case {
	chat := plant(qwen8B, "H100", 800, 150, 0.5, 0.014)
	shared := plant(llama8B, "L40S", 1500, 100, 1, 0.05)
	shared.Shared, shared.Groups = 0.6, 4
	return []Case{
		sglangCase("sglang-shared-mistuned", startMistuned, shared.with(1.1, "--disable-radix-cache", "--max-running-requests", "16", "--mem-fraction-static", "0.7")).
			instead(toggle("--disable-radix-cache")),
		sglangCase("sglang-chat-default", startDefault, chat.with(0.9)).tunedToo(),
	}
}

func tgiCases() []Case {
	chat := plant(llama8B, "A100-80", 500, 100, 1, 0.03, "--max-total-tokens", "8192", "--max-input-tokens", "4096")
	return []Case{
		tgiCase("tgi-chat-mistuned", startMistuned, chat.with(1.2, "--max-concurrent-requests", "16", "--cuda-graphs", "0")),
		tgiCase("tgi-chat-default", startDefault, chat.with(0.9)),
	}
}

func vllmCase(name, start string, p planted) Case {
	return Case{Name: name, Engine: serving.VLLM, Start: start, Plant: diagnosis.Plant(p), mostMemory: [2]float64{0.9, 0.97}, Axes: []Axis{
		ordered("--max-num-seqs", "16", "64", "128", "256", "512"),
		ordered("--max-num-batched-tokens", "1024", "2048", "4096", "8192"),
		ordered("--gpu-memory-utilization", "0.8", "0.9", "0.92", "0.95"),
		choice("--quantization", unset, "fp8"),
		choice("--kv-cache-dtype", unset, "fp8"),
		toggle("--enforce-eager"),
	}}
}

func sglangCase(name, start string, p planted) Case {
	return Case{Name: name, Engine: serving.SGLang, Start: start, Plant: diagnosis.Plant(p), mostMemory: [2]float64{0.86, 0.92}, Axes: []Axis{
		ordered("--max-running-requests", "16", "64", "128", "256"),
		ordered("--chunked-prefill-size", "1024", "2048", "4096", "8192"),
		ordered("--mem-fraction-static", "0.7", "0.8", "0.86", "0.9"),
		choice("--quantization", unset, "fp8"),
		choice("--kv-cache-dtype", unset, "fp8_e4m3"),
		toggle("--enable-mixed-chunk"),
	}}
}

func tgiCase(name, start string, p planted) Case {
	return Case{Name: name, Engine: serving.TGI, Start: start, Plant: diagnosis.Plant(p), mostMemory: [2]float64{0.96, 1}, Axes: []Axis{
		ordered("--max-concurrent-requests", "16", "64", "128", "256"),
		ordered("--max-batch-prefill-tokens", "4096", "8192", "16384"),
		ordered("--max-batch-size", "32", "64", "128"),
		ordered("--cuda-memory-fraction", "0.8", "0.9", "0.95", "1"),
		choice("--cuda-graphs", unset, "0"),
		choice("--quantize", unset, "fp8"),
	}}
}

// tunedToo searches the case once more from its best configuration.
func (c Case) tunedToo() Case { c.alsoTuned = true; return c }

// instead replaces the last axis.
func (c Case) instead(a Axis) Case {
	c.Axes = append(c.Axes[:len(c.Axes)-1:len(c.Axes)-1], a)
	return c
}

// planted is a Plant under construction.
type planted diagnosis.Plant

// plant states a model on a GPU, mean lengths in tokens, p95 objectives in seconds
// and the flags that every configuration has.
func plant(model, gpu string, prompt, output, ttft, itl float64, flags ...string) planted {
	return planted{Model: model, GPU: gpu, Flags: flags, Known: true,
		Prompt: serving.Lengths{Mean: prompt, CV: 0.6}, Output: serving.Lengths{Mean: output, CV: 0.6},
		SLOs: []serving.Objective{
			{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01},
			{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: ttft},
			{Name: "itl-p95", Metric: serving.MetricITL, Quantile: 0.95, Threshold: itl},
		}}
}

// with adds flags of the start and the production load over what the start carries.
func (p planted) with(load float64, flags ...string) planted {
	p.Load = load
	p.Flags = append(append([]string(nil), p.Flags...), flags...)
	return p
}

func ordered(flag string, values ...string) Axis {
	return Axis{Flag: flag, Values: values, Ordered: true}
}
func choice(flag string, values ...string) Axis { return Axis{Flag: flag, Values: values} }
func toggle(flag string) Axis                   { return Axis{Flag: flag, Values: []string{unset, "true"}, bare: true} }
