package propose

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Recommend lists the changes worth considering for a fleet: what answers the
// first finding comes first, the family that the finding prefers before others,
// and then what only the model predicts, in the order of moves that risk least.
// None is an ordinary answer: it means that every flag is at its best as far as
// the rules and the model can tell.
//
// Every recommendation's configuration is valid for the engine and its risk is
// allowed by the fleet's policy. Predictions are for the change alone and, as
// the other end of the range, for the change as the last of all proposed ones:
// many settings gain nothing until another is mended.
func Recommend(in Input, eng Engine) ([]serving.Recommendation, error) {
	if in.Fleet.Config.Engine != eng.Catalogue().Engine {
		return nil, fmt.Errorf("propose: fleet %s runs %q, the catalogue is of %q: %w",
			in.Fleet.Name, in.Fleet.Config.Engine, eng.Catalogue().Engine, serving.ErrPermanent)
	}
	f := newForecast(in)
	s := newScope(in, &f)
	return prioritised(in, estimated(s, ideas(s, eng))), nil
}

// RecommendFamily lists the recommendations of one family.
func RecommendFamily(in Input, family serving.Family, eng Engine) ([]serving.Recommendation, error) {
	all, err := Recommend(in, eng)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(r serving.Recommendation) bool { return r.Family != family }), nil
}

// admissible keeps the ideas that policy allows and the engine accepts. An idea
// for a configuration that is already invalid must at least mend something.
// Advice changes nothing, so neither has a say in it.
func admissible(s scope, ideas []idea, eng Engine) []idea {
	before := len(eng.Validate(s.cfg, s.Fleet.Hardware))
	var out []idea
	for _, i := range ideas {
		r := i.recommendation
		if len(r.Changes) == 0 {
			out = append(out, i)
			continue
		}
		after := len(eng.Validate(Apply(s.cfg, r.Changes), s.Fleet.Hardware))
		if s.Fleet.Policy.Allows(r.Risk) && (after == 0 || after < before) {
			out = append(out, i)
		}
	}
	return out
}

// estimated asks the model for each idea's effect and drops those without one.
func estimated(s scope, ideas []idea) []serving.Recommendation {
	var out []serving.Recommendation
	together := s.forecast.ratio(Apply(s.cfg, everything(ideas, "")))
	for _, i := range ideas {
		r := i.recommendation
		r.Source, r.Undo = serving.SourceRule, Undo(r.Changes)
		effect, keep := i.published, i.published.ThroughputHigh > 0
		if s.forecast.modelled() && len(r.Changes) > 0 && !s.beyondModel(r) {
			alone := s.forecast.ratio(Apply(s.cfg, r.Changes))
			last := s.forecast.lastOf(together, Apply(s.cfg, everything(ideas, r.ID)))
			keep = alone > 0 && (i.needed || max(alone, last) >= 1+smallestGain)
			effect = s.forecast.effect(alone, max(alone, last))
		} else if !s.forecast.modelled() {
			effect.Basis += "; this fleet is not modelled"
		}
		if keep {
			r.Effect = effect
			out = append(out, r)
		}
	}
	return out
}

// beyondModel says that the model does not know what the change does: it turns
// speculation on, whose gain depends on the texts.
func (s scope) beyondModel(r serving.Recommendation) bool {
	state, _ := s.d.Draft.Of(Apply(s.cfg, r.Changes))
	return r.Family == serving.FamilySpeculation && state == dialect.On
}

// prioritised puts what answers the findings first: by the rank of the finding,
// then by the rank of the family within it. The rest keeps its order.
func prioritised(in Input, recs []serving.Recommendation) []serving.Recommendation {
	slices.SortStableFunc(recs, func(a, b serving.Recommendation) int { return urgency(in, a) - urgency(in, b) })
	return recs
}

// familiesAtMost is more than there are families.
const familiesAtMost = 16

func urgency(in Input, r serving.Recommendation) int {
	for i, b := range in.Bottlenecks {
		if !slices.Contains(r.For, b.Kind) {
			continue
		}
		place := slices.Index(b.Families, r.Family)
		if place < 0 {
			place = familiesAtMost - 1
		}
		return i*familiesAtMost + place
	}
	return len(in.Bottlenecks) * familiesAtMost
}

// everything is the changes of all ideas but one, without those that collide
// with an earlier one.
func everything(ideas []idea, but string) []serving.FlagChange {
	var recs []serving.Recommendation
	for _, i := range ideas {
		if i.recommendation.ID != but && i.recommendation.Family != serving.FamilySpeculation {
			recs = append(recs, i.recommendation)
		}
	}
	return changesOf(compatible(recs))
}

func changesOf(recs []serving.Recommendation) []serving.FlagChange {
	var out []serving.FlagChange
	for _, r := range recs {
		out = append(out, r.Changes...)
	}
	return out
}
