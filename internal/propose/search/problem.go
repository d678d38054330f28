package search

import (
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Problem is what is searched: propose.Input is the fleet with its present
// configuration (the baseline), hardware, objectives and policy, and its workload.
type Problem struct {
	propose.Input
	Engine propose.Engine
	// Proposals of rules, of a language model and of people share one queue.
	Proposals []serving.Candidate
	// Given are tried in their order and at full length instead of anything else.
	Given []serving.Candidate
	// Objective is one of propose's; "" is goodput.
	Objective string
	// MinEffect is the least gain worth a trial, 0.05 = 5%.
	MinEffect float64
	Budget    Budget
	// Space are the decisions that are open; nil derives them from the engine.
	Space []Axis
	// ScreenFidelity is the length of a first look as a share of a full trial;
	// 0 is DefaultScreenFidelity, 1 measures everything in full.
	ScreenFidelity float64
}

// DefaultScreenFidelity measures in full at once. Peers prune at 20 to 30% of a
// trial; but where the model already screens, most first looks are at what will
// win, and a first look that has to be repeated in full costs more than it saves:
// with 0.35 it takes up to 5 trials where full ones take 2 (make bench-search,
// "ours" and "ours-short"). Shorter looks pay where trials are long and starts
// are quick.
const DefaultScreenFidelity = 1

// Budget bounds a search; a zero field is no bound.
type Budget struct {
	Trials     int     `json:"trials,omitempty"`      // measurements of any length, the baseline included
	Minutes    float64 `json:"minutes,omitempty"`     // of staging
	GPUMinutes float64 `json:"gpu_minutes,omitempty"` // of staging
}

// Observation is one measurement, finished or (Pending) still running. The rate
// that keeps the objectives lies between MaxGood and MinBad, in requests/s a
// replica; MinBad is 0 where no rate failed.
type Observation struct {
	Config   serving.EngineConfig `json:"config"`
	Fidelity float64              `json:"fidelity"` // share of a full trial, (0,1]
	MaxGood  float64              `json:"max_good_rps"`
	MinBad   float64              `json:"min_bad_rps,omitempty"`
	// E2EP95Seconds is at the reference rate; 0 where it was not measured.
	E2EP95Seconds float64 `json:"e2e_p95_seconds,omitempty"`
	// Minutes is how long staging ran for it.
	Minutes float64 `json:"minutes,omitempty"`
	Failed  bool    `json:"failed,omitempty"`
	Reason  string  `json:"reason,omitempty"` // of a failure, in the engine's words
	Pending bool    `json:"pending,omitempty"`
}

// Outcome of a search that is done.
type Outcome string

// Outcomes. A winner was measured in full and still has to be repeated.
const (
	Winner        Outcome = "winner"
	NoImprovement Outcome = "no-improvement"
	Infeasible    Outcome = "infeasible" // nothing keeps the objectives at any rate
)

// Step is what to do next: measure Candidate at Fidelity, or, when Done, take
// Candidate (of a Winner) to its confirmation.
type Step struct {
	Done    bool    `json:"done"`
	Outcome Outcome `json:"outcome,omitempty"`
	// Spent says that the budget ended the search, and not the lack of prospects.
	Spent bool `json:"spent,omitempty"`
	// Reason is for a person, with the numbers it rests on.
	Reason    string            `json:"reason"`
	Candidate serving.Candidate `json:"candidate"`
	Fidelity  float64           `json:"fidelity,omitempty"`
	// Gain is the expected improvement over the best so far, 0.1 = 10%, the chance
	// of a failure included; FailureChance is that chance.
	Gain          float64 `json:"gain,omitempty"`
	FailureChance float64 `json:"failure_chance,omitempty"`
}

// Next answers for one history. Who asks often prepares once.
func Next(p Problem, seen []Observation) Step { return Prepare(p).Next(seen) }
