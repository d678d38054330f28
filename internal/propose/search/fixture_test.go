package search_test

import (
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/propose/search"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const llama8B = "meta-llama/Llama-3.1-8B-Instruct"

// serve reads a real command line.
func serve(t require.TestingT, args ...string) serving.EngineConfig {
	cfg, err := vllm.New().Parse(append([]string{"vllm", "serve", llama8B}, args...))
	require.NoError(t, err)
	return cfg
}

// mistuned is a fleet with few slots, eager mode and much idle memory.
func mistuned(t require.TestingT) search.Problem {
	return problem(serve(t, "--enforce-eager", "--max-num-seqs", "16", "--gpu-memory-utilization", "0.8"))
}

func problem(cfg serving.EngineConfig) search.Problem {
	w := serving.Workload{RatePerSecond: 8, Source: "observed",
		PromptTokens: serving.Lengths{Mean: 512, CV: 0.5}, OutputTokens: serving.Lengths{Mean: 128, CV: 0.5}}
	fleet := serving.Fleet{Name: "chat", Config: cfg, Hardware: serving.Hardware{GPU: "H100"}, Replicas: 2, SLOs: []serving.Objective{
		{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 1},
		{Name: "itl-p95", Metric: serving.MetricITL, Quantile: 0.95, Threshold: 0.05},
	}}
	return search.Problem{Input: propose.Input{Fleet: fleet, Workload: w}, Engine: vllm.New(), MinEffect: 0.05, Budget: search.Budget{Trials: 10}}
}

// site is a simulated place to measure at: a host that is slower than the model's,
// and whatever else a test plants.
type site struct {
	problem search.Problem
	host    float64
	fails   func(serving.EngineConfig) string
}

// measure answers with the bracket around the rate of the slower host.
func (s site) measure(t require.TestingT, step search.Step) search.Observation {
	o := search.Observation{Config: step.Candidate.Config, Fidelity: step.Fidelity, Minutes: 10 * step.Fidelity}
	if s.fails != nil {
		if why := s.fails(o.Config); why != "" {
			o.Failed, o.Reason = true, why
			return o
		}
	}
	tuning := perfmodel.DefaultTuning()
	tuning.GPU = func(g perfmodel.GPU) perfmodel.GPU { g.BytesPerSecond /= s.host; return g }
	m, err := perfmodel.NewWith(o.Config, s.problem.Fleet.Hardware, tuning)
	require.NoError(t, err)
	rate := perfmodel.MaxRate(m, s.problem.Workload, s.problem.Fleet.SLOs)
	o.MaxGood, o.MinBad = 0.97*rate, 1.03*rate
	o.E2EP95Seconds = 2 * perfmodel.Predict(m, s.problem.Workload, s.problem.Workload.RatePerSecond/2).E2ESeconds
	return o
}

// run searches to the end, and returns the history and the last step.
func (s site) run(t require.TestingT) ([]search.Observation, search.Step) {
	prepared := search.Prepare(s.problem)
	var seen []search.Observation
	for range 50 {
		step := prepared.Next(seen)
		if step.Done {
			return seen, step
		}
		seen = append(seen, s.measure(t, step))
	}
	require.Fail(t, "the search does not end")
	return nil, search.Step{}
}
