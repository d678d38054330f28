package search

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Lengths of the loads of a rung, in times of what the objectives allow a request
// of mean length. The first of them fills the batch and is not counted.
const (
	wholeTrial = 5.0
	leastTrial = 2.0
	truthTrial = 10.0
)

// leastCounted requests, at a whole trial's length; a shorter one counts its part.
const leastCounted = 150

// The ladder.
const (
	trialSteps  = 12
	trialFine   = 0.05 // resolution of a trial's bracket
	truthFine   = 0.02
	firstGuess  = 0.8 // of the rate that the hidden physics suggest
	guessJitter = 0.04
)

// Seeds of loads. Trials take theirs from the strategy's seed.
const (
	firstSeed = 1_000_000 // of the first look at every point of the grid
	truthSeed = 2_000_000 // no trial sees these loads
)

// limit is the bracket of the highest rate that keeps the objectives: good passed,
// bad failed (0: none did). err says why nothing was measured.
type limit struct {
	good, bad float64
	err       error
}

// middle is the estimate of a bracket.
func (l limit) middle() float64 {
	if l.good == 0 || l.bad == 0 {
		return l.good
	}
	return math.Sqrt(l.good * l.bad)
}

// find searches the limit of an engine as a trial's ladder does (loadgen.Search).
// below and above are where it begins. peak is the most blocks in use.
func (s *Site) find(m perfmodel.Model, l load, below, above, fine float64) (found limit, peak int) {
	r := rung{model: m, objectives: s.Case.Plant.SLOs, seed: l.seed, unshared: s.Case.Plant.Shared == 0}
	spec := serving.LadderSpec{StartRate: above, Resolution: fine, MaxSteps: trialSteps}
	spec.Base.Workload.RatePerSecond = below
	search := loadgen.NewSearch(spec)
	for {
		rate, ok := search.Next()
		if !ok {
			return limit{good: search.MaxGood(), bad: search.MinBad().Or(0)}, peak
		}
		r.rate = rate
		r.traffic, r.warm = s.traffic(l, rate, m.Settings().MaxModelLen)
		got, err := r.run()
		if err != nil {
			return limit{err: err}, peak
		}
		peak = max(peak, got.peak)
		verdict := serving.RungFail
		if got.kept {
			verdict = serving.RungPass
		}
		search.Record(rate, verdict)
	}
}

// guess is where the first look begins: what the hidden physics suggest with the
// default share of memory, so that it is the same whatever the share. It only saves
// steps.
func (s *Site) guess(cfg serving.EngineConfig, m perfmodel.Model) float64 {
	if usual, err := perfmodel.NewWith(cfg.Without(m.Settings().MemoryFlag), s.Fleet.Hardware, s.tuning); err == nil {
		m = usual
	}
	w := s.Case.workload(1)
	if rate := perfmodel.MaxRate(m, w, s.Case.Plant.SLOs); rate > 0 {
		return rate
	}
	return perfmodel.MaxRate(m, w, nil) / 4
}

// first is the first look at an engine.
func (s *Site) first(cfg serving.EngineConfig, m perfmodel.Model) limit {
	l := load{wholeTrial, firstSeed}
	return s.ask(question{engine: resolved(cfg, m), load: l}, m.KVBlocks(), func() (limit, int) {
		guess := s.guess(cfg, m)
		return s.find(m, l, firstGuess*guess, guess, trialFine)
	})
}

// measure searches the limit again with another load. It begins around what the
// first look found, at a place of its own.
func (s *Site) measure(cfg serving.EngineConfig, m perfmodel.Model, l load, fine float64) limit {
	hint := s.first(cfg, m)
	if hint.err != nil || hint.good == 0 {
		return hint
	}
	return s.ask(question{engine: resolved(cfg, m), load: l}, m.KVBlocks(), func() (limit, int) {
		shift := math.Exp(guessJitter * (2*float64(l.seed*2654435761%1000)/1000 - 1))
		at := hint.middle() * shift
		return s.find(m, l, at*(1-fine), at*(1+fine), fine)
	})
}

// Truth is the rate that a configuration really keeps, by a long load that no trial
// sees; 0 when it does not start, crashes or keeps the objectives at no rate.
func (s *Site) Truth(cfg serving.EngineConfig) float64 { return s.truth(cfg, 0) }

func (s *Site) truth(cfg serving.EngineConfig, n uint64) float64 {
	m, err := s.start(cfg)
	if err != nil || s.Hidden.crashes(cfg) {
		return 0
	}
	return s.measure(cfg, m, load{truthTrial, truthSeed + n}, truthFine).middle()
}
