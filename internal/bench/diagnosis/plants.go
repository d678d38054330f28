package diagnosis

import "github.com/optiinfra/performance-agent/internal/serving"

// Checkpoints that the simulator knows.
const (
	llama8B  = "meta-llama/Llama-3.1-8B-Instruct"
	qwen7B   = "Qwen/Qwen2.5-7B-Instruct"
	qwen8B   = "Qwen/Qwen3-8B"
	qwen14B  = "Qwen/Qwen3-14B"
	qwen32B  = "Qwen/Qwen3-32B"
	gptq8B   = "hugging-quants/Meta-Llama-3.1-8B-Instruct-GPTQ-INT4"
	mistral7 = "mistralai/Mistral-7B-Instruct-v0.3"
)

// Conditions are all that is planted, of every engine.
func Conditions() []Condition {
	return append(append(vllmConditions(), tgiConditions()...), sglangConditions()...)
}

// lengths are log-normal with the spread of production chat (Azure 2023).
func lengths(mean float64) serving.Lengths { return serving.Lengths{Mean: mean, CV: 0.6} }

// slos states p95 objectives on the first token and the gaps, in seconds, and 1%
// of errors; 0 states none.
func slos(ttft, itl float64) []serving.Objective {
	out := []serving.Objective{{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01}}
	if ttft > 0 {
		out = append(out, serving.Objective{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: ttft})
	}
	if itl > 0 {
		out = append(out, serving.Objective{Name: "itl-p95", Metric: serving.MetricITL, Quantile: 0.95, Threshold: itl})
	}
	return out
}

// tail states the objective on the gaps at p99, where single long steps show.
func tail(ttft, itl float64) []serving.Objective {
	out := slos(ttft, 0)
	return append(out, serving.Objective{Name: "itl-p99", Metric: serving.MetricITL, Quantile: 0.99, Threshold: itl})
}

// chat is a usual mix: 600 tokens in, 250 out.
func (p Plant) chat() Plant { return p.sized(600, 250) }

func (p Plant) sized(prompt, output float64) Plant {
	p.Prompt, p.Output = lengths(prompt), lengths(output)
	return p
}

func on(model, gpu string, flags ...string) Plant { return Plant{Model: model, GPU: gpu, Flags: flags} }

func (p Plant) load(of float64) Plant              { p.Load = of; return p }
func (p Plant) rate(perSecond float64) Plant       { p.Rate = perSecond; return p }
func (p Plant) within(o []serving.Objective) Plant { p.SLOs = o; return p }
func (p Plant) sharing(part float64, groups int) Plant {
	p.Shared, p.Groups, p.Known = part, groups, true
	return p
}
func (p Plant) replicas(n int, skew float64) Plant { p.Replicas, p.Skew = n, skew; return p }
func (p Plant) failing(part float64) Plant         { p.Fails = part; return p }
func (p Plant) asking(timesOver float64) Plant     { p.AsksFor = timesOver; return p }
