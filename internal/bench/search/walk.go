package search

import (
	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Sizes of auto_tune's loads. It sends 1000 requests at once where this sends
// fewer, which only blurs the rate that it begins at.
const (
	walkAtOnce = 300
	walkLoad   = 100
)

// walk is auto_tune's way to a rate: the throughput of a load that comes all at
// once, then integer rates downwards from it until the p99 of E2E is within the
// limit. Its requests all have the mean lengths. good is that rate's throughput.
func (s *Site) walk(m perfmodel.Model, seed uint64) (limit, int) {
	within := []serving.Objective{{Name: "e2e-p99", Metric: serving.MetricE2E, Quantile: 0.99, Threshold: s.allowedSeconds()}}
	r := rung{model: m, objectives: within, seed: seed, unshared: s.Case.Plant.Shared == 0, whole: true}
	r.traffic, r.rate = s.evenTraffic(walkAtOnce, m, seed), walkAtOnce*1e6
	all, err := r.run()
	if err != nil {
		return limit{err: err}, all.peak
	}
	if all.kept {
		return limit{good: all.perSecond}, all.peak
	}
	r.traffic, r.whole = s.evenTraffic(walkLoad, m, seed), false
	peak := all.peak
	for rate := int(all.perSecond) + 1; rate > 0; rate-- {
		r.rate = float64(rate)
		got, err := r.run()
		if err != nil {
			return limit{err: err}, peak
		}
		if peak = max(peak, got.peak); got.kept {
			return limit{good: got.perSecond}, peak
		}
	}
	return limit{}, peak
}

// evenTraffic has the mean lengths and one shared prefix, at one request a second.
func (s *Site) evenTraffic(n int, m perfmodel.Model, seed uint64) []llmsim.Arrival {
	p := s.Case.Plant
	p.Prompt.CV, p.Output.CV, p.Groups = 0, 0, 1
	list := p.Arrivals(n, 1, m.Settings().MaxModelLen, seed)
	if p.Shared == 0 {
		forgetWords(list)
	}
	return list
}
