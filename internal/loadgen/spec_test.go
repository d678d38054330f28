package loadgen_test

import (
	"time"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// patient returns a generator whose lag is never held against it: the tests
// share two busy cores.
func patient() *loadgen.Generator { return loadgen.New(loadgen.Options{MaxLag: time.Hour}) }

func fixed(n float64) serving.Lengths { return serving.Lengths{Mean: n} }

func workload(rate, prompt, output float64) serving.Workload {
	return serving.Workload{RatePerSecond: rate, Arrival: serving.ArrivalConstant,
		PromptTokens: fixed(prompt), OutputTokens: fixed(output)}
}

func objective(metric serving.Metric, quantile, threshold float64) serving.Objective {
	return serving.Objective{Name: string(metric), Metric: metric, Quantile: quantile, Threshold: threshold}
}
