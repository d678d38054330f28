package search

import (
	"fmt"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/propose"
	proposed "github.com/optiinfra/performance-agent/internal/propose/search"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Ours is the name of our search in a report.
const Ours = "ours"

// Our own search, once with first looks at a whole trial's length and once with the
// product's default, a third of it.
const (
	nameAgent = Ours
	nameShort = "ours-short"
)

// shortLook is the share of a trial at which peers prune (20 to 30%), rounded up
// because starting the engine costs the same either way; an option of the product.
const shortLook = 0.35

// agentTrials is the product's budget of measurements of any length.
const agentTrials = 12

// agent is the product: what it diagnoses and proposes from production's metrics,
// its search over the grid's axes, and its rule for accepting a winner.
type agent struct {
	search *proposed.Search
	start  serving.EngineConfig
}

func newAgent(p Problem) Strategy { return newAgentWith(p, proposed.DefaultScreenFidelity) }

func newShortAgent(p Problem) Strategy { return newAgentWith(p, shortLook) }

func newAgentWith(p Problem, firstLook float64) Strategy {
	in := diagnose.Input{Snapshot: p.Snapshot, Fleet: p.Fleet, Workload: &p.Workload}
	input := propose.Input{Fleet: p.Fleet, Snapshot: p.Snapshot, Workload: p.Workload, Bottlenecks: diagnose.Diagnose(in)}
	problem := proposed.Problem{Input: input, Engine: p.Engine, MinEffect: minEffect,
		Budget: proposed.Budget{Minutes: p.Budget, Trials: agentTrials}, ScreenFidelity: firstLook, Space: p.Space.searched()}
	// Without recommendations the search still has its space.
	if recs, err := propose.Recommend(input, p.Engine); err == nil {
		problem.Proposals = propose.Candidates(input, recs, p.Engine, 0)
	}
	return &agent{search: proposed.Prepare(problem), start: p.Fleet.Config}
}

// searched is the space as the product's search takes it.
func (s Space) searched() []proposed.Axis {
	var out []proposed.Axis
	for _, a := range s.Axes {
		switch {
		case a.bare:
			out = append(out, proposed.Toggle(a.Flag))
		case a.Ordered:
			out = append(out, proposed.Numbers(a.Flag, numbers(a.Values)...))
		default:
			out = append(out, proposed.Words(a.Flag, a.Values...))
		}
	}
	return out
}

func numbers(words []string) []float64 {
	var out []float64
	for _, w := range words {
		if v, err := strconv.ParseFloat(w, 64); err == nil {
			out = append(out, v)
		}
	}
	return out
}

func (a *agent) Next(seen []Seen) (Ask, bool) {
	step := a.search.Next(observations(seen))
	if step.Done {
		return Ask{}, false
	}
	return Ask{Config: step.Candidate.Config, Fidelity: step.Fidelity}, true
}

// observations tells the search what was seen; a minute stands for a trial.
func observations(seen []Seen) []proposed.Observation {
	var out []proposed.Observation
	for _, s := range seen {
		out = append(out, proposed.Observation{Config: s.Config, Fidelity: s.Fidelity, MaxGood: s.Good, MinBad: s.Bad,
			Minutes: s.cost(), Failed: s.Status == serving.TrialFailed, Reason: s.Reason})
	}
	return out
}

// Loads of the confirmation, which the search has not seen.
const (
	loadRepeat = iota + 1
	loadHoldOut
	loadAgain
)

// Confirm repeats the winner, holds it out against other requests and measures the
// start once more, as a run of the product does.
func (a *agent) Confirm(seen []Seen) []Ask {
	w, ok := a.winner(seen)
	if !ok {
		return nil
	}
	return []Ask{{Config: w, Fidelity: 1, Load: loadRepeat}, {Config: w, Fidelity: 1, Load: loadHoldOut}, {Config: a.start, Fidelity: 1, Load: loadAgain}}
}

// winner is what the search would take to its confirmation.
func (a *agent) winner(seen []Seen) (serving.EngineConfig, bool) {
	step := a.search.Next(observations(seen))
	if step.Done {
		return step.Candidate.Config, step.Outcome == proposed.Winner
	}
	b, ok := best(seen)
	return b.Config, ok && !b.Config.Equal(a.start)
}

// Accepts holds the first measurement, the repeat and the hold-out against the
// start, and the first against the start measured again.
func (a *agent) Accepts(seen []Seen) (serving.EngineConfig, bool) {
	var confirmed []Seen
	for _, s := range seen {
		if s.Load > 0 {
			confirmed = append(confirmed, s)
		}
	}
	if len(confirmed) < 3 {
		return serving.EngineConfig{}, false
	}
	winner := confirmed[0].Config
	first := seen[0]
	for _, s := range seen {
		if s.whole() && s.Load == 0 && s.Config.Equal(winner) {
			first = s
		}
	}
	for _, pair := range [][2]Seen{{seen[0], first}, {seen[0], confirmed[0]}, {seen[0], confirmed[1]}, {confirmed[2], first}} {
		if _, ok, _ := propose.Accept(pair[0].trial(), pair[1].trial(), minEffect); !ok {
			return serving.EngineConfig{}, false
		}
	}
	return winner, true
}

// trial is the measurement as the product records it.
func (s Seen) trial() serving.Trial {
	t := serving.Trial{Status: s.Status, Reason: s.Reason, Candidate: serving.Candidate{Config: s.Config}}
	t.Result.MaxGood, t.Result.MinBad = s.Good, serving.Unknown()
	if s.Bad > 0 {
		t.Result.MinBad = serving.Known(s.Bad)
	}
	t.Result.Ended = fmt.Sprintf("%g of a trial", s.Fidelity)
	return t
}
