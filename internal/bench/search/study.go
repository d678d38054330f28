package search

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// loads is how many different loads a configuration is measured with at most over
// all seeds: strategies with the same seed, modulo loads, see the same noise.
const loads = 4

// Study is a case at a site with a start configuration: what is searched.
type Study struct {
	Name    string
	Start   string
	Site    *Site
	Fleet   serving.Fleet // with the start configuration
	Space   Space
	Grid    []serving.EngineConfig
	Optimum Optimum
	// StartRate is the true rate of the start configuration.
	StartRate float64
	Snapshot  serving.Snapshot
	Workload  serving.Workload
}

// NewStudies searches the grid of a case exhaustively and plants its searches: from
// its start configuration and, where asked for, from the best of the grid.
func NewStudies(c Case, draw string, e engine.Engine) ([]*Study, error) {
	site, err := NewSite(c, draw, e)
	if err != nil {
		return nil, err
	}
	space := Space{Base: site.Fleet.Config, Axes: c.Axes}
	grid := space.Valid(e, site.Fleet.Hardware)
	optimum := site.Exhaust(grid)
	if optimum.Rate == 0 {
		return nil, fmt.Errorf("%s: no configuration of the grid keeps the objectives", c.Name)
	}
	first := &Study{Name: c.Name, Start: c.Start, Site: site, Fleet: site.Fleet, Space: space, Grid: grid, Optimum: optimum}
	out := []*Study{first}
	if c.alsoTuned {
		tuned := *first
		tuned.Name, tuned.Start, tuned.Fleet.Config = c.Name+"-tuned", startTuned, optimum.Config
		out = append(out, &tuned)
	}
	for _, s := range out {
		if err := s.produce(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return out, nil
}

// leastProduction is the production rate, over the optimum, of a start that carries
// next to nothing.
const leastProduction = 0.05

// produce runs production under the start configuration and measures it.
func (s *Study) produce() error {
	s.StartRate = s.Site.Truth(s.Fleet.Config)
	rate := max(s.Site.Case.Plant.Load*s.StartRate, leastProduction*s.Optimum.Rate)
	s.Workload = s.Site.Case.workload(rate)
	m, err := s.Site.start(s.Fleet.Config)
	if err != nil {
		return fmt.Errorf("production: %w", err)
	}
	s.Snapshot, err = s.Site.Case.planted().Observe(s.Fleet, m, s.Workload, s.Site.Engine)
	return err
}

func (s *Study) problem(budget float64, seed uint64) Problem {
	return Problem{Fleet: s.Fleet, Space: s.Space, Grid: s.Grid, Snapshot: s.Snapshot, Workload: s.Workload, Engine: s.Site.Engine,
		Budget: budget, Seed: seed}
}

// Measure makes the trial that is asked for. noise chooses its load.
func (s *Study) Measure(a Ask, noise uint64) Seen {
	out := Seen{Ask: a, Status: serving.TrialFailed}
	m, err := s.Site.start(a.Config)
	if err != nil {
		out.Reason = err.Error()
		return out
	}
	if a.Procedure == procedureStart {
		out.Status = serving.TrialMeasured
		return out
	}
	if s.Site.Hidden.crashes(a.Config) {
		out.Reason, out.Crashed = "the engine died under load: an illegal memory access was encountered", true
		return out
	}
	l := s.limit(a, m, noise%loads)
	if l.err != nil {
		out.Reason, out.Crashed = l.err.Error(), true
		return out
	}
	out.Status, out.Good, out.Bad = serving.TrialMeasured, l.good, l.bad
	return out
}

func (s *Study) limit(a Ask, m perfmodel.Model, noise uint64) limit {
	seed := noise*100 + uint64(a.Load)
	if a.Procedure == procedureWalk {
		q := question{engine: resolved(a.Config, m), load: load{wholeTrial, seed}, procedure: procedureWalk}
		return s.Site.ask(q, m.KVBlocks(), func() (limit, int) { return s.Site.walk(m, seed) })
	}
	return s.Site.measure(a.Config, m, load{max(leastTrial, wholeTrial*a.Fidelity), seed}, trialFine)
}
