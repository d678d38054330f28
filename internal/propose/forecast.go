package propose

import (
	"fmt"
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// forecast asks the performance model about one fleet under its workload.
type forecast struct {
	in       Input
	settings perfmodel.Settings
	rate     float64 // of the present configuration, requests per second and replica
	bySLO    bool    // rates are bounded by latency objectives
	// floored says that the present configuration keeps the objectives at hardly
	// any rate, so that rate is leastShare of its saturation instead: a ratio to
	// nothing would say nothing. Alternatives are rated in the same way, so that
	// where none keeps the objectives the faster one is still the better one.
	floored bool
	// unknown is why the fleet cannot be modelled; "" when it can.
	unknown string
}

// Errors of predicted ratios between two configurations on one host: 10% for
// saturation (perfmodel's validation), 20% where latency objectives bound the
// rate, because queueing amplifies errors of the step time.
const (
	saturationError = 0.10
	objectiveError  = 0.20
)

// leastShare of saturation is the least rate that ratios are taken to.
const leastShare = 0.1

func newForecast(in Input) forecast {
	f := forecast{in: in, bySLO: slices.ContainsFunc(in.Fleet.SLOs, serving.Objective.IsLatency)}
	m, err := perfmodel.New(in.Fleet.Config, in.Fleet.Hardware)
	if err != nil {
		f.unknown = err.Error()
		return f
	}
	f.settings = m.Settings()
	f.rate, f.floored = f.rateOf(m)
	return f
}

func (f *forecast) modelled() bool { return f.unknown == "" }

// ratio is the predicted throughput of a configuration relative to the present
// one, 0 when it would not start.
func (f *forecast) ratio(cfg serving.EngineConfig) float64 {
	m, err := perfmodel.New(cfg, f.in.Fleet.Hardware)
	if err != nil || f.rate <= 0 {
		return 0
	}
	rate, _ := f.rateOf(m)
	return rate / f.rate
}

// rateOf is the highest rate within the objectives, but no less than leastShare of
// saturation.
func (f *forecast) rateOf(m perfmodel.Model) (rate float64, floored bool) {
	rate, least := perfmodel.MaxRate(m, f.in.Workload, f.in.Fleet.SLOs), leastShare*perfmodel.MaxRate(m, f.in.Workload, nil)
	return max(rate, least), rate < least
}

// effect states predicted ratios as a range with the error of the model.
func (f *forecast) effect(ratios ...float64) serving.Effect {
	low, high := math.Inf(1), 0.0
	for _, r := range ratios {
		low, high = math.Min(low, r), math.Max(high, r)
	}
	e, basis := saturationError, "saturation throughput"
	if f.bySLO {
		e, basis = objectiveError, "highest rate within the SLOs"
	}
	if f.floored {
		basis += fmt.Sprintf(" (which the present configuration keeps at hardly any rate; compared with %.0f%% of its saturation)", leastShare*100)
	}
	return serving.Effect{
		ThroughputLow: low * (1 - e), ThroughputHigh: high * (1 + e),
		Basis: fmt.Sprintf("performance model: %s, now %.1f req/s a replica, error %.0f%%", basis, f.rate, e*100),
	}
}

// e2eSeconds is the predicted mean E2E latency at the observed rate; 0 when the
// configuration cannot be modelled.
func (f *forecast) e2eSeconds(cfg serving.EngineConfig) float64 {
	m, err := perfmodel.New(cfg, f.in.Fleet.Hardware)
	if err != nil {
		return 0
	}
	rate := f.in.Workload.RatePerSecond / float64(max(1, f.in.Fleet.Replicas))
	return perfmodel.Predict(m, f.in.Workload, rate).E2ESeconds
}

// lastOf is the gain of the change that turns without into the whole; 0 when
// without it nothing would start.
func (f *forecast) lastOf(together float64, without serving.EngineConfig) float64 {
	if r := f.ratio(without); r > 0 {
		return together / r
	}
	return 0
}

// best searches the values of a flag for the highest predicted rate and returns
// the first, in the given order, that is within 1% of it; gain is relative to
// the configuration as it is.
func (f *forecast) best(cfg serving.EngineConfig, values []int, with func(serving.EngineConfig, int) serving.EngineConfig) (value int, gain float64) {
	now := f.ratio(cfg)
	if now <= 0 {
		return 0, 0
	}
	ratios := make([]float64, len(values))
	top := 0.0
	for i, v := range values {
		ratios[i] = f.ratio(with(cfg, v))
		top = math.Max(top, ratios[i])
	}
	for i, r := range ratios {
		if r > 0 && r >= 0.99*top {
			return values[i], r / now
		}
	}
	return 0, 0
}
