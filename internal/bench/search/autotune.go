package search

import (
	"math"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// autoTune is the procedure of benchmarks/auto_tune in vLLM's repository, in words
// of our own: with the largest slots and token budget, find the greatest share of
// memory that starts, from 0.98 down; then try every number of slots with every
// budget, and keep the one with the most requests a second at the highest rate
// whose p99 of E2E is within a limit. Everything else stays at the engine's
// defaults. For TGI and SGLang it turns the flags that mean the same.
//
// It has no stopping rule and knows no start: here its first measurement is that of
// the start configuration, as for all.
type autoTune struct {
	start, base   serving.EngineConfig
	d             dialect.Dialect
	slots, budget []string
	share         float64 // being tried or, once found, used
	found         bool
	next          int // combination
}

const (
	greatestShare = 0.98
	leastShare    = 0.9
	shareStep     = 0.01
)

func newAutoTune(p Problem) Strategy {
	a := &autoTune{start: p.Fleet.Config, base: propose.Defaults(p.Fleet).Config, share: greatestShare}
	a.d = dialect.Of(p.Fleet.Config.Engine)
	a.slots, a.budget = p.Space.values(a.d.Slots.Flag), p.Space.values(a.d.Budget.Flag)
	return a
}

// values of the axis with the flag.
func (s Space) values(flag string) []string {
	for _, a := range s.Axes {
		if a.Flag == flag {
			return a.Values
		}
	}
	return nil
}

func (a *autoTune) Next(seen []Seen) (Ask, bool) {
	if len(seen) == 0 {
		return Ask{Config: a.start, Fidelity: 1, Procedure: procedureWalk}, true
	}
	if last := seen[len(seen)-1]; last.Procedure == procedureStart && !a.found {
		if a.found = last.Status == serving.TrialMeasured; !a.found {
			a.share = math.Round((a.share-shareStep)/shareStep) * shareStep
		}
	}
	switch {
	case a.found:
		return a.combination()
	case a.share < a.least()-1e-9:
		return Ask{}, false
	}
	cfg := a.with(a.slots[len(a.slots)-1], a.budget[len(a.budget)-1])
	return Ask{Config: cfg, Fidelity: 1, Procedure: procedureStart}, true
}

// least is where the search for the share gives up; SGLang's share leaves a step's
// activations outside, so its usual values are lower.
func (a *autoTune) least() float64 { return math.Min(leastShare, a.d.Share.Wasteful) }

func (a *autoTune) combination() (Ask, bool) {
	if a.next >= len(a.slots)*len(a.budget) {
		return Ask{}, false
	}
	slots, budget := a.slots[a.next/len(a.budget)], a.budget[a.next%len(a.budget)]
	a.next++
	return Ask{Config: a.with(slots, budget), Fidelity: 1, Procedure: procedureWalk}, true
}

func (a *autoTune) with(slots, budget string) serving.EngineConfig {
	return a.base.With(a.d.Slots.Flag, slots).With(a.d.Budget.Flag, budget).
		With(a.d.MemoryShare.Flag, strconv.FormatFloat(a.share, 'f', 2, 64))
}

func (a *autoTune) Accepts(seen []Seen) (serving.EngineConfig, bool) { return acceptBest(seen) }
