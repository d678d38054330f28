package search

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// pool is what may be tried: proposals, and where a climb over the axes leads
// under the model as it is and with each of its constants off. A grid would be
// thousands of configurations, nearly all of them worse whatever the constants.
func (s *Search) pool() []*point {
	var out points
	for _, c := range s.problem.Proposals {
		s.admit(&out, c)
	}
	starts := []serving.EngineConfig{s.problem.Fleet.Config, propose.Defaults(s.problem.Fleet).Config}
	if !s.modelled {
		s.surround(&out, starts[0])
		return out.list
	}
	for _, w := range directionsOf(s.problem.Objective) {
		top := starts[0]
		for _, start := range starts {
			top = s.climb(start, w, 0)
			s.summits = append(s.summits, summit{w, s.predict(top, 0)})
			s.surround(&out, top)
		}
		for tuning := 1; tuning < len(s.tunings); tuning++ {
			s.include(&out, s.candidate(s.climb(top, w, tuning)))
		}
	}
	s.surround(&out, starts[0])
	return out.list
}

// sweeps of a climb over all axes settle what depends on one another; a step of a
// climb gains at least leastStep, the resolution of the model's answers.
const (
	sweeps    = 3
	leastStep = 2e-3
)

// climb takes the best level of one axis after the other.
func (s *Search) climb(cfg serving.EngineConfig, w weights, tuning int) serving.EngineConfig {
	score := func(cfg serving.EngineConfig) float64 {
		if r := s.predict(cfg, tuning); r.ok {
			return w.score(r.rate, r.latency, propose.GPUs(cfg))
		}
		return math.Inf(-1)
	}
	best := score(cfg)
	for range sweeps {
		before := cfg.Key()
		for _, a := range s.axes {
			for _, l := range a.Levels {
				next := l.take(cfg)
				if got := score(next); got > best+leastStep && s.admissible(s.candidate(next)) {
					cfg, best = next, got
				}
			}
		}
		if cfg.Key() == before {
			break
		}
	}
	return cfg
}

// surround adds what differs from a configuration in one decision.
func (s *Search) surround(out *points, cfg serving.EngineConfig) {
	for _, a := range s.axes {
		for _, l := range a.Levels {
			s.include(out, s.candidate(l.take(cfg)))
		}
	}
}

// refine adds the values between the levels around a configuration, where doubling
// steps are too coarse.
func (s *Search) refine(out *points, cfg serving.EngineConfig) {
	for _, a := range s.axes {
		for _, l := range a.between(cfg) {
			s.include(out, s.candidate(l.take(cfg)))
		}
	}
}

// points are distinct.
type points struct {
	list []*point
	keys map[string]bool
}

// summit is where a climb ended: the best of what is predicted under an objective.
type summit struct {
	weights weights
	at      predicted
}

// hopeless is the difference of predicted scores to the best beyond which the
// model's doubts, all together, make up for nothing: 40% less.
const hopeless = 0.5

// promising says that the model does not rule a configuration out.
func (s *Search) promising(cfg serving.EngineConfig) bool {
	at := s.predict(cfg, 0)
	if !at.ok {
		return false
	}
	for _, top := range s.summits {
		gpus := propose.GPUs(cfg)
		if top.weights.score(at.rate, at.latency, gpus) >= top.weights.score(top.at.rate, top.at.latency, gpus)-hopeless {
			return true
		}
	}
	return false
}

// include adds what promises something.
func (s *Search) include(out *points, c serving.Candidate) {
	if !s.modelled || s.promising(c.Config) {
		s.admit(out, c)
	}
}

// admit adds what may be tried, once.
func (s *Search) admit(out *points, c serving.Candidate) {
	key := c.Config.Key()
	if out.keys[key] || !s.admissible(c) {
		return
	}
	if out.keys == nil {
		out.keys = map[string]bool{}
	}
	out.keys[key] = true
	if p, ok := s.newPoint(c); ok {
		out.list = append(out.list, p)
	}
}

// admissible says that the engine would take a candidate and policy lets it.
func (s *Search) admissible(c serving.Candidate) bool {
	return s.problem.Fleet.Policy.Allows(c.Risk) && len(s.problem.Engine.Validate(c.Config, s.problem.Fleet.Hardware)) == 0
}

// candidate names a configuration by its difference to the present one.
func (s *Search) candidate(cfg serving.EngineConfig) serving.Candidate {
	return serving.Candidate{Name: nameOf(serving.Diff(s.problem.Fleet.Config, cfg)), Config: cfg, Risk: s.riskOf(cfg), Sources: []serving.Source{serving.SourceModel}}
}

// riskOf is the greatest risk of the flags that change. To spread a replica over
// GPUs that it has changes the arithmetic and is no surge.
func (s *Search) riskOf(cfg serving.EngineConfig) serving.RiskClass {
	now := s.problem.Fleet.Config
	flag := dialect.Of(now.Engine).TensorParallel.Spelling(now)
	unspread := cfg.Without(flag)
	if v, set := now.Get(flag); set {
		unspread = cfg.With(flag, v)
	}
	risk := engine.RiskOf(s.problem.Engine.Catalogue(), now, unspread)
	if !unspread.Equal(cfg) && serving.RiskNumerics.Exceeds(risk) {
		return serving.RiskNumerics
	}
	return risk
}

func nameOf(changes []serving.FlagChange) string {
	name := ""
	for i, c := range changes {
		if i > 0 {
			name += ", "
		}
		if c.To == nil {
			name += "no " + c.Flag
			continue
		}
		name += serving.Flag{Name: c.Flag, Value: *c.To}.String()
	}
	return name
}
