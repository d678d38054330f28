package advice

import (
	"fmt"
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Advice is what is believed of an answer: enough to be looked at, nothing of it
// measured.
type Advice struct {
	Summary         string
	Hypotheses      []serving.Hypothesis
	Recommendations []serving.Recommendation
	Refused         serving.Refusals
}

// What is taken of an answer: more would be noise for people and trials.
const (
	mostHypotheses = 4
	mostProposals  = 4
	mostReasons    = 6
	mostChanges    = 6
	longestText    = 400
	longestTitle   = 80
	longestSummary = 1200
)

// Vet holds an answer against the catalogue and the fleet's constraints. A change
// of a flag that may not be tuned is dropped; a proposal by which users would lose
// something, that policy forbids, that the engine would refuse or that changes
// nothing new is refused as a whole.
func Vet(q Question, eng Engine, r Reply) Advice {
	v := vetting{q: q, eng: eng, tunable: Tunable(q.Fleet, eng.Catalogue()), seen: map[string]bool{q.Fleet.Config.Key(): true}}
	v.out.Summary = sentence(r.Summary, longestSummary)
	for _, h := range r.Hypotheses[:min(len(r.Hypotheses), mostHypotheses)] {
		v.out.Hypotheses = append(v.out.Hypotheses, serving.Hypothesis{Cause: sentence(h.Cause, longestText), Finding: v.findingOf(h.Finding),
			Confidence: between(h.Confidence, 0, 1), Evidence: sentence(h.Evidence, longestText), RefutedBy: sentence(h.RefutedBy, longestText)})
	}
	for _, p := range r.Proposals[:min(len(r.Proposals), mostProposals)] {
		v.proposal(p)
	}
	return v.out
}

type vetting struct {
	q       Question
	eng     Engine
	tunable []engine.Parameter
	seen    map[string]bool // keys of configurations
	out     Advice
}

// findingOf keeps only what the rules found themselves.
func (v *vetting) findingOf(word string) serving.BottleneckKind {
	for _, b := range v.q.Bottlenecks {
		if string(b.Kind) == word {
			return b.Kind
		}
	}
	return ""
}

func (v *vetting) refuse(count *int, format string, args ...any) {
	*count++
	if len(v.out.Refused.Reasons) < mostReasons {
		v.out.Refused.Reasons = append(v.out.Refused.Reasons, sentence(fmt.Sprintf(format, args...), longestText))
	}
}

func (v *vetting) proposal(p Proposal) {
	changes, ok := v.changes(p)
	if !ok {
		return
	}
	now := v.q.Fleet.Config
	to := propose.Apply(now, changes)
	changes = serving.Diff(now, to)
	risk := engine.RiskOf(v.eng.Catalogue(), now, to)
	refused := &v.out.Refused
	switch problems := v.eng.Validate(to, v.q.Fleet.Hardware); {
	case len(changes) == 0 || v.seen[to.Key()]:
		v.refuse(&refused.Pointless, "%q changes nothing, or the same as another", title(p))
	case risk == serving.RiskCapabilityCut:
		v.refuse(&refused.CapabilityCuts, "%q would take something away from users", title(p))
	case !v.q.Fleet.Policy.Allows(risk):
		v.refuse(&refused.Risks, "%q is of risk %s, which the fleet's policy does not allow", title(p), risk)
	case len(problems) > 0:
		v.refuse(&refused.Invalid, "%q: the engine would refuse it: %s", title(p), problems[0].Error())
	default:
		v.seen[to.Key()] = true
		v.out.Recommendations = append(v.out.Recommendations, v.recommendation(p, changes, risk))
	}
}

// changes are those of flags that may be tuned; ok is false when none is left or
// the proposal is refused for one of them.
func (v *vetting) changes(p Proposal) (out []serving.FlagChange, ok bool) {
	for _, c := range p.Changes[:min(len(p.Changes), mostChanges)] {
		known, found := v.eng.Catalogue().Parameter(c.Flag)
		switch {
		case found && known.Risk == serving.RiskCapabilityCut:
			v.refuse(&v.out.Refused.CapabilityCuts, "%q would take something away from users by %s", title(p), known.Flag)
			return nil, false
		case found && !v.q.Fleet.Policy.Allows(known.Risk):
			v.refuse(&v.out.Refused.Risks, "%q: %s is of risk %s, which the fleet's policy does not allow", title(p), known.Flag, known.Risk)
			return nil, false
		case !found || !knows(v.tunable, known.Flag):
			v.refuse(&v.out.Refused.UnknownFlags, "%q: %s is no flag that may be tuned", title(p), name(c.Flag))
			continue
		}
		change, valid := changeOf(known, c, v.q.Fleet.Config)
		if !valid {
			v.refuse(&v.out.Refused.Invalid, "%q: %s takes no such value", title(p), known.Flag)
			return nil, false
		}
		out = append(out, change)
	}
	if len(out) == 0 && len(p.Changes) == 0 {
		v.refuse(&v.out.Refused.Pointless, "%q changes nothing", title(p))
	}
	return out, len(out) > 0
}

// changeOf writes a change as the catalogue does. A switch that is on is written
// bare, and one without a negation is off when it is left out.
func changeOf(p engine.Parameter, c Change, now serving.EngineConfig) (serving.FlagChange, bool) {
	change := serving.FlagChange{Flag: p.Flag}
	if from, had := now.Get(p.Flag); had {
		change.From = &from
	}
	value := c.Value
	switch {
	case c.Action == actionRemove:
		return change, true
	case c.Action != actionSet:
		return change, false
	case p.Type == engine.Bool:
		switch value {
		case "true", "":
			value = ""
		case "false":
			if p.Negation == "" {
				return change, true
			}
		default:
			return change, false
		}
	case p.Type == engine.Enum:
		if !slices.Contains(p.Enum, value) {
			return change, false
		}
	default:
		if _, isNumber := p.Number(value); !isNumber && !slices.Contains(p.Enum, value) {
			return change, false
		}
	}
	change.To = &value
	return change, true
}

func (v *vetting) recommendation(p Proposal, changes []serving.FlagChange, risk serving.RiskClass) serving.Recommendation {
	first, _ := v.eng.Catalogue().Parameter(changes[0].Flag)
	r := serving.Recommendation{ID: idOf(first.Family, changes), Family: first.Family, Title: title(p), Changes: changes,
		Source: serving.SourceLLM, Risk: risk, Mechanism: sentence(p.Mechanism, longestText), WrongIf: sentence(p.RefutedBy, longestText),
		Rationale: "suggested by a language model; neither measured nor predicted", Undo: propose.Undo(changes), Effect: expected(p)}
	if kind := v.findingOf(p.Finding); kind != "" {
		r.For = []serving.BottleneckKind{kind}
	}
	return r
}

func title(p Proposal) string { return sentence(p.Title, longestTitle) }

// mostGain bounds what a language model may expect; beyond it nobody would be
// helped by the number.
const mostGain = 10

// expected is a language model's own expectation, said to be that.
func expected(p Proposal) serving.Effect {
	low, high := between(p.ExpectedLow, 0.1, mostGain), between(p.ExpectedHigh, 0.1, mostGain)
	return serving.Effect{ThroughputLow: min(low, high), ThroughputHigh: max(low, high), Basis: "expectation of a language model, not a prediction"}
}

func between(v, low, high float64) float64 {
	if math.IsNaN(v) {
		return low
	}
	return min(max(v, low), high)
}

// idOf names a recommendation by its family and all its changes.
func idOf(family serving.Family, changes []serving.FlagChange) string {
	id := "llm/" + string(family)
	for _, c := range changes {
		id += "/" + c.Flag
		if c.To != nil {
			id += "=" + *c.To
		}
	}
	return id
}
