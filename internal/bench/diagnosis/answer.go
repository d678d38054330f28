package diagnosis

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Answer is what the rules say of a case.
type Answer struct {
	Case     string               `json:"case"`
	Engine   serving.EngineKind   `json:"engine"`
	Planted  string               `json:"planted"`
	HeldOut  bool                 `json:"held_out"`
	Expected Pair                 `json:"expected"`
	Got      Pair                 `json:"got"`
	Findings []serving.Bottleneck `json:"findings"`
	Proposed []string             `json:"proposed"`          // IDs, in order
	Invalid  []string             `json:"invalid,omitempty"` // recommendations that the engine would refuse
	// Measured is what the rules looked at.
	Measured serving.Snapshot `json:"-"`
	Fleet    serving.Fleet    `json:"-"`
	Workload serving.Workload `json:"-"` // as it was stated or observed
}

// Pair is a finding with the family of the first recommendation.
type Pair struct {
	Finding serving.BottleneckKind `json:"finding"`
	Family  serving.Family         `json:"family"`
}

// RightFinding and RightFamily compare with the expectation.
func (a Answer) RightFinding() bool { return a.Got.Finding == a.Expected.Finding }

// RightFamily says whether the first recommendation is about what was expected.
func (a Answer) RightFamily() bool { return a.Got.Family == a.Expected.Family }

// Ask plants the case, measures it and asks the rules.
func Ask(c Case, engines engine.Registry) (Answer, error) {
	e, err := engines.Engine(c.Condition.Engine)
	if err != nil {
		return Answer{}, err
	}
	f, err := c.Fleet(e)
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %w", c.Name, err)
	}
	m, err := perfmodel.New(f.Config, f.Hardware)
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %w", c.Name, err)
	}
	truth := c.workload(m)
	snapshot, err := c.Observe(f, m, truth, e)
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %w", c.Name, err)
	}
	return c.judge(f, snapshot, truth, e)
}

// judge asks the rules as the agent does: with the workload that the owner
// stated, or else the observed one.
func (c Case) judge(f serving.Fleet, s serving.Snapshot, truth serving.Workload, e engine.Engine) (Answer, error) {
	w, seen := diagnose.ObserveWorkload(s)
	if c.Plant.Known {
		truth.RatePerSecond = w.RatePerSecond // what finished, as production shows it
		w, seen = truth, true
	}
	in := diagnose.Input{Snapshot: s, Fleet: f}
	if seen {
		in.Workload = &w
	}
	found := diagnose.Diagnose(in)
	recs, err := propose.Recommend(propose.Input{Fleet: f, Snapshot: s, Workload: w, Bottlenecks: found}, e)
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %w", c.Name, err)
	}
	a := Answer{Case: c.Name, Engine: c.Condition.Engine, Planted: c.Condition.Name, HeldOut: c.HeldOut, Findings: found, Measured: s, Fleet: f, Workload: w,
		Expected: Pair{c.Condition.Finding, c.Condition.Family}, Got: Pair{NoFinding, NoFamily}}
	if len(found) > 0 {
		a.Got.Finding = found[0].Kind
		a.Got.Family = answerTo(found[0].Kind, recs)
	}
	for _, r := range recs {
		a.Proposed = append(a.Proposed, r.ID)
		if len(e.Validate(propose.Apply(f.Config, r.Changes), f.Hardware)) > 0 {
			a.Invalid = append(a.Invalid, r.ID)
		}
	}
	return a, nil
}

// answerTo is the family of the first recommendation if it answers the finding.
// What only the model predicts a gain of answers none.
func answerTo(finding serving.BottleneckKind, recs []serving.Recommendation) serving.Family {
	if len(recs) > 0 {
		for _, kind := range recs[0].For {
			if kind == finding {
				return recs[0].Family
			}
		}
	}
	return NoFamily
}
