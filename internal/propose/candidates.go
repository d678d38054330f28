package propose

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// MinPredictedGain is the predicted throughput gain that a candidate must have
// to be worth a trial. It is below the least gain that a trial can prove (5% by
// default) because the model errs by more than the difference.
const MinPredictedGain = 0.03

// Candidates makes complete configurations of recommendations and orders them
// by predicted gain, best first: each change alone, all cheap ones, all of them,
// all but one, and the path of a greedy search. What the engine would refuse,
// what would not fit the GPU, what policy forbids, what equals the present
// configuration and what is predicted to gain less than MinPredictedGain is
// dropped, so the answer may be empty: nothing to gain.
//
// At most limit candidates are returned (no limit if it is not positive); the
// best one of each risk class is among them, so that a failed quality gate
// leaves something to try.
func Candidates(in Input, recs []serving.Recommendation, eng Engine, limit int) []serving.Candidate {
	f := newForecast(in)
	b := builder{forecast: &f, engine: eng, seen: map[string]bool{in.Fleet.Config.Key(): true}, names: map[string]bool{}}
	allowed := slices.DeleteFunc(slices.Clone(recs), func(r serving.Recommendation) bool {
		return len(r.Changes) == 0 || !in.Fleet.Policy.Allows(r.Risk)
	})
	for _, set := range combinations(&f, allowed) {
		b.add(set)
	}
	slices.SortStableFunc(b.built, compare)
	return shortlist(b.built, limit)
}

// builder collects distinct candidates that would run.
type builder struct {
	forecast *forecast
	engine   Engine
	seen     map[string]bool // keys of configurations
	names    map[string]bool
	built    []scored
}

type scored struct {
	candidate serving.Candidate
	gain      float64 // predicted ratio, or the published one's middle
	e2e       float64 // predicted seconds at the observed rate
}

func (b *builder) add(recs []serving.Recommendation) {
	in := b.forecast.in
	c := candidateOf(in.Fleet.Config, recs)
	if len(recs) == 0 || b.seen[c.Config.Key()] || len(b.engine.Validate(c.Config, in.Fleet.Hardware)) > 0 {
		return
	}
	b.seen[c.Config.Key()] = true
	gain, effect := b.forecast.combined(c.Config, recs)
	if gain < 1+MinPredictedGain {
		return
	}
	c.Predicted = effect
	if b.names[c.Name] { // two of the same families: say exactly what differs
		c.Name = strings.Join(c.Recommendations, " + ")
	}
	b.names[c.Name] = true
	b.built = append(b.built, scored{c, gain, b.forecast.e2eSeconds(c.Config)})
}

// combined predicts a configuration. Without a model it takes the greatest of
// what was published of its parts: published gains do not multiply.
func (f *forecast) combined(cfg serving.EngineConfig, recs []serving.Recommendation) (float64, serving.Effect) {
	if f.modelled() {
		r := f.ratio(cfg)
		return r, f.effect(r)
	}
	e := serving.Effect{ThroughputLow: 1, ThroughputHigh: 1}
	for _, r := range recs {
		e.ThroughputLow = max(e.ThroughputLow, r.Effect.ThroughputLow)
		e.ThroughputHigh = max(e.ThroughputHigh, r.Effect.ThroughputHigh)
		e.Basis = r.Effect.Basis
	}
	// More changes come first among equals: each may help and none is known to.
	return (e.ThroughputLow+e.ThroughputHigh)/2 + 1e-3*float64(len(recs)), e
}

func candidateOf(cfg serving.EngineConfig, recs []serving.Recommendation) serving.Candidate {
	c := serving.Candidate{Config: Apply(cfg, changesOf(recs)), Risk: serving.RiskCheap}
	for _, r := range recs {
		c.Recommendations = append(c.Recommendations, r.ID)
		c.Sources = withSource(c.Sources, r.Source)
		if r.Risk.Exceeds(c.Risk) {
			c.Risk = r.Risk
		}
	}
	c.Name = familiesOf(recs)
	return c
}

// familiesOf names a candidate by what it changes: "cuda-graphs + batching x2".
func familiesOf(recs []serving.Recommendation) string {
	var names []string
	times := map[serving.Family]int{}
	for _, r := range recs {
		times[r.Family]++
	}
	for _, r := range recs {
		name := string(r.Family)
		if n := times[r.Family]; n > 1 {
			name += " x" + count(n)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " + ")
}

// compare orders by gain, then by latency at the observed rate, both in steps of
// 1%: what the model cannot tell apart. Then fewer changes, less risk, name.
func compare(a, b scored) int {
	return cmp.Or(
		cmp.Compare(percentStep(b.gain), percentStep(a.gain)),
		cmp.Compare(percentStep(a.e2e), percentStep(b.e2e)),
		cmp.Compare(len(a.candidate.Recommendations), len(b.candidate.Recommendations)),
		slices.Index(serving.RiskClasses(), a.candidate.Risk)-slices.Index(serving.RiskClasses(), b.candidate.Risk),
		cmp.Compare(a.candidate.Name, b.candidate.Name),
	)
}

// percentStep numbers the steps of 1% on a logarithmic scale.
func percentStep(v float64) float64 {
	if v <= 0 {
		return 0
	}
	return math.Round(math.Log(v) / math.Log(1.01))
}

// shortlist cuts an ordered list, keeping the best of each risk class.
func shortlist(ordered []scored, limit int) []serving.Candidate {
	if limit <= 0 || limit > len(ordered) {
		limit = len(ordered)
	}
	keep := make([]bool, len(ordered))
	kept := 0
	best := map[serving.RiskClass]bool{}
	for i, s := range ordered {
		if !best[s.candidate.Risk] && kept < limit {
			best[s.candidate.Risk], keep[i] = true, true
			kept++
		}
	}
	var out []serving.Candidate
	for i, s := range ordered {
		if !keep[i] && kept < limit {
			keep[i] = true
			kept++
		}
		if keep[i] {
			out = append(out, s.candidate)
		}
	}
	return out
}
