package advisor

import (
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/bench/diagnosis"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// seed of the drawn half of the cases.
const seed = 4242

// Cases are the first plant of every condition but the healthy ones, as written and
// as drawn from the seed.
func Cases() []diagnosis.Case {
	return slices.DeleteFunc(diagnosis.Cases(diagnosis.Conditions(), seed), func(c diagnosis.Case) bool {
		parts := strings.Split(c.Name, "/")
		return c.Condition.Finding == diagnosis.NoFinding || parts[2] != "0"
	})
}

// Result is what one adviser said of one case. Right compares the first family; of a
// language model only where a flag can mend what is wrong.
type Result struct {
	Case     string         `json:"case"`
	Expected serving.Family `json:"expected"`
	Rules    serving.Family `json:"rules"`
	// Model is the language model's first family, "" when it was not asked.
	Model   serving.Family `json:"model,omitempty"`
	Failure string         `json:"failure,omitempty"` // of the language model
	Refused int            `json:"refused,omitempty"`
}

// Score is a share of right first families.
type Score struct {
	Cases int     `json:"cases"`
	Right int     `json:"right"`
	Share float64 `json:"share"`
}

func scoreOf(results []Result, counts func(Result) bool, got func(Result) serving.Family) Score {
	var s Score
	for _, r := range results {
		if !counts(r) {
			continue
		}
		s.Cases++
		if got(r) == r.Expected {
			s.Right++
		}
	}
	if s.Cases > 0 {
		s.Share = float64(s.Right) / float64(s.Cases)
	}
	return s
}

// byFlags says that a flag can mend what was planted; of the rest (replicas, faults)
// a language model that may only change flags can say nothing.
func byFlags(r Result) bool {
	return r.Expected != diagnosis.NoFamily && r.Expected != serving.FamilyReplicas
}
