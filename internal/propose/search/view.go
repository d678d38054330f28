package search

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// view is a search after a history: what is believed of each configuration.
type view struct {
	*Search
	seen     []Observation
	weights  weights
	process  process
	failures failures
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
	full            bool // measured at full length
}

// look learns from a history.
func (s *Search) look(seen []Observation) *view {
	v := &view{Search: s, seen: seen, failures: s.learnFailures(seen), best: math.Inf(-1)}
	directions := directionsOf(s.problem.Objective)
	v.weights = directions[len(seen)%len(directions)]
	k := kernel{axes: s.axes, misfit: misfitBlind}
	if s.modelled {
		k.misfit, k.doubts = misfit, s.doubts
	}
	v.process = condition(k, v.samples())
	v.believeMeasured()
	v.believeOthers()
	return v
}

// samples are the errors of the prior where it was tested. In a fleet that is not
// modelled the prior is relative, and the common error takes up the level.
func (v *view) samples() []sample {
	var out []sample
	for _, o := range v.seen {
		score, deviation, ok := v.weights.reading(o)
		p := v.pointOf(o.Config)
		if !ok || p == nil {
			continue
		}
		out = append(out, sample{input{p, o.Fidelity}, score - p.prior - v.level(), deviation})
	}
	return out
}

// level is the score of the present configuration where the prior is relative to
// it, 0 where the prior is absolute.
func (v *view) level() float64 {
	if v.modelled || len(v.seen) == 0 {
		return 0
	}
	score, _, _ := v.weights.reading(v.seen[0])
	return score
}

// pointOf is the point of a measured configuration.
func (v *view) pointOf(cfg serving.EngineConfig) *point {
	p, ok := v.newPoint(v.candidateOf(cfg))
	if !ok {
		return nil
	}
	return p.under(v.weights)
}

// candidateOf finds the name under which a configuration came.
func (v *view) candidateOf(cfg serving.EngineConfig) serving.Candidate {
	key := cfg.Key()
	for _, p := range v.prepared {
		if p.key == key {
			return p.candidate
		}
	}
	return v.candidate(cfg)
}

func (v *view) believe(p *point) belief {
	b := belief{point: p}
	b.mean, b.deviation = v.process.at(input{p, 1})
	b.mean += p.prior + v.level()
	return b
}

func (v *view) believeMeasured() {
	known := map[string]bool{}
	for _, o := range v.seen {
		_, _, ok := v.weights.reading(o)
		p := v.pointOf(o.Config)
		if !ok || p == nil || known[p.key] {
			continue
		}
		known[p.key] = true
		b := v.believe(p)
		b.full = tried(v.seen, o.Config, 1)
		v.measured = append(v.measured, b)
		v.best = max(v.best, b.mean)
	}
}

// believeOthers also looks around the best so far, between the levels too.
func (v *view) believeOthers() {
	list := points{list: append([]*point(nil), v.prepared...), keys: map[string]bool{}}
	for _, p := range list.list {
		list.keys[p.key] = true
	}
	if top, ok := v.top(func(belief) bool { return true }); ok && len(v.problem.Given) == 0 {
		v.surround(&list, top.candidate.Config)
		v.refine(&list, top.candidate.Config)
	}
	for _, p := range list.list {
		if tried(v.seen, p.candidate.Config, 0) {
			continue
		}
		b := v.believe(p.under(v.weights))
		b.chance, b.why = v.failures.chance(b.point)
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
