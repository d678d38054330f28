package search

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// view is a search after a history: what is believed of each configuration.
type view struct {
	*Search
	seen     []Observation
	score    lens
	failures failures
	// floor is the least expected score of a rate, where the objective is another;
	// rates tells it.
	floor    float64
	rates    *lens
	measured []belief // that ran, in the order of their first trial
	best     float64  // the greatest expected score of them
	others   []belief // that may be tried
}

// belief is what is expected of a configuration's full trial.
type belief struct {
	*point
	mean, deviation float64 // of the score
	chance          float64 // of a failure
	why             string
	enough          float64 // chance that its rate is not below the floor
	full            bool    // measured at full length
}

// leastRate is the share of the present rate that a lower latency may cost, as
// propose.Choose has it.
const leastRate = 0.95

// look learns from a history.
func (s *Search) look(seen []Observation) *view {
	directions := directionsOf(s.problem.Objective)
	v := &view{Search: s, seen: seen, failures: s.learnFailures(seen), best: math.Inf(-1)}
	v.score = s.learn(directions[len(seen)%len(directions)], seen)
	if s.problem.Objective == propose.ObjectiveLatency {
		rates := s.learn(weights{rate: 1}, seen)
		if p, ok := s.newPoint(s.candidate(s.problem.Fleet.Config)); ok {
			now, _ := rates.at(p)
			v.rates, v.floor = &rates, now+math.Log(leastRate)
		}
	}
	v.believeMeasured()
	v.believeOthers()
	return v
}

// candidateOf finds the name under which a configuration came.
func (s *Search) candidateOf(cfg serving.EngineConfig) serving.Candidate {
	key := cfg.Key()
	for _, c := range s.problem.Given {
		if c.Config.Key() == key {
			return c
		}
	}
	for _, p := range s.prepared {
		if p.key == key {
			return p.candidate
		}
	}
	return s.candidate(cfg)
}

func (v *view) believe(p *point) belief {
	b := belief{point: p, enough: 1}
	b.mean, b.deviation = v.score.at(p)
	if v.rates != nil {
		b.enough = v.rates.exceeds(p, v.floor)
	}
	return b
}

// likelyEnough is the chance from which a measured configuration counts as
// serving enough; its own trials narrow it to the noise of a limit.
const likelyEnough = 0.4

func (v *view) believeMeasured() {
	known := map[string]bool{}
	for _, o := range v.seen {
		_, _, ok := v.score.weights.reading(o)
		p, modelled := v.newPoint(v.candidateOf(o.Config))
		if !ok || !modelled || known[p.key] {
			continue
		}
		known[p.key] = true
		b := v.believe(p)
		if b.full = tried(v.seen, o.Config, 1); b.enough >= likelyEnough || o.Config.Equal(v.problem.Fleet.Config) {
			v.measured = append(v.measured, b)
			v.best = max(v.best, b.mean)
		}
	}
}

// believeOthers also looks around the best so far, between the levels too.
func (v *view) believeOthers() {
	if len(v.problem.Given) > 0 {
		return
	}
	list := points{list: append([]*point(nil), v.prepared...), keys: map[string]bool{}}
	for _, p := range list.list {
		list.keys[p.key] = true
	}
	if top, ok := v.top(func(belief) bool { return true }); ok {
		v.surround(&list, top.candidate.Config)
		v.refine(&list, top.candidate.Config)
	}
	for _, p := range list.list {
		if tried(v.seen, p.candidate.Config, 0) {
			continue
		}
		b := v.believe(p)
		b.chance, b.why = v.failures.chance(p)
		v.others = append(v.others, b)
	}
}

// top is the measured configuration of the greatest expected score.
func (v *view) top(which func(belief) bool) (belief, bool) {
	var best belief
	found := false
	for _, b := range v.measured {
		if which(b) && (!found || b.mean > best.mean) {
			best, found = b, true
		}
	}
	return best, found
}
