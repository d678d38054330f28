package search

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// doubt is a constant of the performance model that may be off at this place.
type doubt struct {
	deviation float64 // of the logarithm of the factor by which it is off
	tuning    func(factor float64) perfmodel.Tuning
}

// doubts follow perfmodel's validation: step times err by 15%, GPUs and hosts of
// one name differ by as much again between deployments, and memory by what else
// is on the card.
func doubts() []doubt {
	gpu := func(change func(*perfmodel.GPU, float64)) func(float64) perfmodel.Tuning {
		return func(factor float64) perfmodel.Tuning {
			t := perfmodel.DefaultTuning()
			t.GPU = func(g perfmodel.GPU) perfmodel.GPU { change(&g, factor); return g }
			return t
		}
	}
	return []doubt{
		{0.18, gpu(func(g *perfmodel.GPU, f float64) { g.FlopsBF16 *= f; g.Flops8Bit *= f })},
		{0.18, gpu(func(g *perfmodel.GPU, f float64) { g.Flops8Bit *= f })},
		{0.18, gpu(func(g *perfmodel.GPU, f float64) { g.BytesPerSecond *= f })},
		{0.03, gpu(func(g *perfmodel.GPU, f float64) { g.MemoryBytes *= f })},
		{0.18, hostTuning},
	}
}

// hostTuning scales what the host takes of each step and request.
func hostTuning(factor float64) perfmodel.Tuning {
	t := perfmodel.DefaultTuning()
	t.Constants.APISeconds *= factor
	t.Constants.APISecondsPerToken *= factor
	t.Constants.LaunchSeconds *= factor
	t.Constants.Hosts = slices.Clone(t.Constants.Hosts)
	for i := range t.Constants.Hosts {
		t.Constants.Hosts[i].BaseSeconds *= factor
		t.Constants.Hosts[i].SequenceSeconds *= factor
	}
	return t
}

// leastShare of saturation stands for the rate of a configuration that is
// predicted to keep the objectives at none, so that the faster is the better one.
const leastShare = 0.1

// predicted is what the model says of a configuration: the rate that keeps the
// objectives and the E2E latency at the reference rate. ok is false when it is
// predicted not to start, or is not known to the model.
type predicted struct {
	rate, latency float64
	ok            bool
}

func predict(cfg serving.EngineConfig, hw serving.Hardware, w serving.Workload, replicas int, slos []serving.Objective, t perfmodel.Tuning) predicted {
	m, err := perfmodel.NewWith(cfg, hw, t)
	if err != nil {
		return predicted{}
	}
	rate := perfmodel.MaxRate(m, w, slos)
	if rate <= 0 {
		rate = leastShare * perfmodel.MaxRate(m, w, nil)
	}
	p := perfmodel.Predict(m, w, w.RatePerSecond/float64(max(1, replicas)))
	return predicted{rate: rate, latency: p.E2ESeconds, ok: rate > 0 && p.E2ESeconds > 0}
}
