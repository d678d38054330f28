package search

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/bench/diagnosis"
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Kinds of start configurations.
const (
	startMistuned = "mistuned"
	startDefault  = "default"
	startTuned    = "tuned" // the best of the grid, as the exhaustive search found it
)

// Case is a search: what is served, on what, for whom, from where, and where one
// may look.
type Case struct {
	Name   string
	Engine serving.EngineKind
	Start  string
	// Plant is the model, the GPU, the start flags, the traffic and the objectives.
	// Its Load is the production rate over what the start configuration carries.
	Plant diagnosis.Plant
	Axes  []Axis
	// alsoTuned: searched once more from the best of the grid.
	alsoTuned bool
	// mostMemory bounds the share of memory above which the engine does not start.
	mostMemory [2]float64
}

// fleet is the record of the case with its start configuration.
func (c Case) fleet(e engine.Engine) (serving.Fleet, error) {
	f, err := c.planted().Fleet(e)
	if err != nil {
		return f, fmt.Errorf("%s: %w", c.Name, err)
	}
	// New weights are left out: they are no flag of the grid.
	f.Policy.AllowedRisks = []serving.RiskClass{serving.RiskCheap, serving.RiskNumerics}
	return f, nil
}

// planted is the case as the production of bench/diagnosis.
func (c Case) planted() diagnosis.Case {
	return diagnosis.Case{Condition: diagnosis.Condition{Engine: c.Engine}, Plant: c.Plant, Name: c.Name, Seed: productionSeed}
}

const productionSeed = 4242

// workload is the shape of the traffic at a rate.
func (c Case) workload(rate float64) serving.Workload {
	return serving.Workload{Arrival: "poisson", RatePerSecond: rate, PromptTokens: c.Plant.Prompt, OutputTokens: c.Plant.Output,
		PrefixShare: c.Plant.Shared, PrefixGroups: max(c.Plant.Groups, 1), Source: "given"}
}
