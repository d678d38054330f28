package search

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// FullSeeds are those of every strategy on every case.
const FullSeeds = 10

// ShortSeeds are enough to see that a change made the search worse by much.
const ShortSeeds = 2

// contender is a strategy by name.
type contender struct {
	name string
	make func(Problem) Strategy
}

// names of the strategies.
const (
	nameRandom   = "random"
	nameTPE      = "tpe"
	nameAutoTune = "auto_tune"
)

func contenders() []contender {
	return []contender{{nameAgent, newAgent}, {nameShort, newShortAgent}, {nameRandom, newRandom}, {nameTPE, tpeMaker()}, {nameAutoTune, newAutoTune}}
}

// Result is a study with the score of every strategy.
type Result struct {
	Case    string             `json:"case"`
	Engine  serving.EngineKind `json:"engine"`
	Model   string             `json:"model"`
	GPU     string             `json:"gpu"`
	Start   string             `json:"start"`
	Draw    string             `json:"draw"`
	Hidden  Hidden             `json:"hidden"`
	Optimum Optimum            `json:"optimum"`
	// StartFraction is the true rate of the start over the optimum.
	StartFraction float64          `json:"start_fraction"`
	Scores        map[string]Score `json:"strategies"`
}

// suite is what is measured: the whole, or a part of it for tests.
type suite struct {
	cases      []Case
	draws      []string
	contenders []contender
	seeds      int
	engines    engine.Registry
}

// run measures everything, case by case. done is told each result.
func (u suite) run(done func(Result)) error {
	for _, draw := range u.draws {
		for _, c := range u.cases {
			e, err := u.engines.Engine(c.Engine)
			if err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
			studies, err := NewStudies(c, draw, e)
			if err != nil {
				return err
			}
			for _, s := range studies {
				done(u.score(s))
			}
		}
	}
	return nil
}

// score plays every strategy with every seed.
func (u suite) score(s *Study) Result {
	c := s.Site.Case
	r := Result{Case: s.Name, Engine: c.Engine, Model: c.Plant.Model, GPU: c.Plant.GPU, Start: s.Start, Draw: s.Site.Hidden.Draw,
		Hidden: s.Site.Hidden, Optimum: s.Optimum, StartFraction: s.StartRate / s.Optimum.Rate, Scores: map[string]Score{}}
	plays := make([]Play, len(u.contenders)*u.seeds)
	inParallel(len(plays), func(i int) {
		seed := uint64(i % u.seeds)
		strategy := u.contenders[i/u.seeds].make(s.problem(budgetTrials, seed))
		plays[i] = s.Run(strategy, budgetTrials, horizonTrials, seed)
	})
	s.raise(plays)
	r.Optimum, r.StartFraction = s.Optimum, s.StartRate/s.Optimum.Rate
	for i, k := range u.contenders {
		r.Scores[k.name] = scoreOf(s, plays[i*u.seeds:(i+1)*u.seeds])
	}
	return r
}
