package propose

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Suggestions makes candidates of recommendations that neither rules nor model
// stand for, as those of a language model: each on top of the first of the
// candidates that there are, which answers all that was found, and each alone.
// What is predicted of them is the model's word and never the suggestion's own;
// unlike Candidates it leaves in what the model sees no gain in, because it may
// not know the flag. What the engine would refuse, what policy forbids and what is
// there already is left out.
func Suggestions(in Input, recs []serving.Recommendation, there []serving.Candidate, eng Engine) []serving.Candidate {
	f := newForecast(in)
	seen := map[string]bool{in.Fleet.Config.Key(): true}
	var out []serving.Candidate
	add := func(c serving.Candidate) {
		if seen[c.Config.Key()] || !in.Fleet.Policy.Allows(c.Risk) || len(eng.Validate(c.Config, in.Fleet.Hardware)) > 0 {
			return
		}
		seen[c.Config.Key()] = true
		if f.modelled() {
			if r := f.ratio(c.Config); r > 0 {
				c.Predicted = f.effect(r)
			}
		}
		out = append(out, c)
	}
	for _, r := range recs {
		if len(there) > 0 {
			add(onTop(there[0], r))
		}
	}
	for _, r := range recs {
		alone := candidateOf(in.Fleet.Config, []serving.Recommendation{r})
		alone.Name = string(r.Source) + ": " + alone.Name
		add(alone)
	}
	return out
}

// onTop adds a recommendation to a candidate. The result is the recommendation's:
// without it the candidate is tried by itself.
func onTop(base serving.Candidate, r serving.Recommendation) serving.Candidate {
	c := serving.Candidate{Name: string(r.Source) + ": " + string(r.Family) + " on " + base.Name, Config: Apply(base.Config, r.Changes),
		Recommendations: append(slices.Clone(base.Recommendations), r.ID), Risk: base.Risk, Sources: []serving.Source{r.Source}}
	if r.Risk.Exceeds(c.Risk) {
		c.Risk = r.Risk
	}
	return c
}

// Join appends candidates to a queue. One that is there already gains the sources
// of the newcomer and keeps its place.
func Join(queue, more []serving.Candidate) []serving.Candidate {
	out := slices.Clone(queue)
	for _, c := range more {
		i := slices.IndexFunc(out, func(o serving.Candidate) bool { return o.Config.Equal(c.Config) })
		if i < 0 {
			out = append(out, c)
			continue
		}
		for _, s := range c.Sources {
			out[i].Sources = withSource(slices.Clone(out[i].Sources), s)
		}
	}
	return out
}

func withSource(list []serving.Source, s serving.Source) []serving.Source {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
