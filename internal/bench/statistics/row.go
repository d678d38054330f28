package statistics

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/optiinfra/performance-agent/internal/judge"
)

// Outcome says how a measured rate stands to its goal.
type Outcome string

// Outcomes. Near is on the wrong side of the goal, but by no more than the noise
// of the rounds.
const (
	Met    Outcome = "met"
	Near   Outcome = "near"
	Missed Outcome = "missed"
	Stated Outcome = "stated" // there is no goal; the number is for those who plan
)

// goal of a rate.
type goal struct {
	atMost  bool
	atLeast bool
	limit   float64
}

func atMost(limit float64) goal  { return goal{atMost: true, limit: limit} }
func atLeast(limit float64) goal { return goal{atLeast: true, limit: limit} }

// stated is no goal.
func stated() goal { return goal{} }

func (g goal) outcome(rate float64, noise judge.Interval) Outcome {
	switch {
	case !g.atMost && !g.atLeast:
		return Stated
	case g.atMost && rate <= g.limit, g.atLeast && rate >= g.limit:
		return Met
	case g.atMost && noise.Low <= g.limit, g.atLeast && noise.High >= g.limit:
		return Near
	}
	return Missed
}

// Row is one measured claim.
type Row struct {
	Method  string `json:"method"`
	Data    string `json:"data"`
	Samples int    `json:"samples"` // an arm
	Event   string `json:"event"`   // whose rate it is
	Rounds  int    `json:"rounds"`
	Hits    int    `json:"hits"`
	// Rate of the event, with its 95% Wilson interval: the noise of the rounds.
	Rate float64 `json:"rate"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// AtMost or AtLeast is the goal; neither where the rate is only stated.
	AtMost  *float64 `json:"at_most,omitempty"`
	AtLeast *float64 `json:"at_least,omitempty"`
	Outcome Outcome  `json:"outcome"`
	// SecondsToVerdict is the median time until a stage ended so.
	SecondsToVerdict *float64 `json:"seconds_to_verdict,omitempty"`
}

// claim is a row to be measured: a round says whether the event happened.
type claim struct {
	method, data string
	samples      int
	event        string
	goal         goal
	rounds       int
	round        func(r *rand.Rand) bool
}

// measure runs the rounds. The seed follows from what the claim is, so that one
// more claim leaves the others' numbers as they are.
func (c claim) measure(share float64) Row {
	r := seeded(c.method, c.data, c.event, c.samples)
	row := Row{Method: c.method, Data: c.data, Samples: c.samples, Event: c.event, Rounds: max(int(float64(c.rounds)*share), 1)}
	for range row.Rounds {
		if c.round(r) {
			row.Hits++
		}
	}
	return row.against(c.goal)
}

func seeded(method, data, event string, samples int) *rand.Rand {
	h := fnv.New64a()
	for _, s := range []string{method, data, event} {
		h.Write([]byte(s + "\n"))
	}
	return rand.New(rand.NewPCG(h.Sum64(), uint64(samples)))
}

func (row Row) against(g goal) Row {
	noise, _ := judge.Wilson(row.Hits, row.Rounds, 0.95)
	row.Rate, row.Low, row.High = float64(row.Hits)/float64(max(row.Rounds, 1)), noise.Low, noise.High
	row.Outcome = g.outcome(row.Rate, noise)
	switch {
	case g.atMost:
		row.AtMost = &g.limit
	case g.atLeast:
		row.AtLeast = &g.limit
	}
	return row
}
