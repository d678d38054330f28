package detection

import "fmt"

// Objectives of every fleet, and what a healthy engine does under them.
const (
	ttftObjective   = 0.3  // seconds, of the 95% quantile
	errorsObjective = 0.01 // of all requests
	healthyP95      = 0.2  // seconds to the first token
	ttftSigma       = 0.3  // of its logarithm
	z95             = 1.6448536269514722
	tokenSeconds    = 0.02 // between tokens
)

// Plant is how a canary breaks.
type Plant struct {
	// TTFTFactor is its TTFT p95 as a multiple of the objective; 0 leaves it healthy.
	TTFTFactor float64 `json:"ttft_factor,omitempty"`
	// ErrorRate is the share of requests answered with a status of 500, 0..1.
	ErrorRate float64 `json:"error_rate,omitempty"`
	// Hang takes requests and never answers them.
	Hang bool `json:"hang,omitempty"`
}

// String names it for a table.
func (p Plant) String() string {
	switch {
	case p.Hang:
		return "hang"
	case p.ErrorRate > 0:
		return fmt.Sprintf("errors %.0f%%", 100*p.ErrorRate)
	}
	return fmt.Sprintf("ttft %gx the SLO", p.TTFTFactor)
}

// p95 is the TTFT of the engine in seconds.
func (p Plant) p95() float64 {
	if p.TTFTFactor == 0 {
		return healthyP95
	}
	return p.TTFTFactor * ttftObjective
}

// Case is one kind of run.
type Case struct {
	Percent int   `json:"canary_percent"` // of the traffic, while it breaks
	Plant   Plant `json:"plant"`
}

// String names it for a table.
func (c Case) String() string { return fmt.Sprintf("%d%% canary, %s", c.Percent, c.Plant) }

// small says that the canary gets too few requests for a breach this slight to
// show within the goal: what a table must name, not leave out.
func (c Case) small() bool { return c.Percent <= 5 && c.Plant.TTFTFactor > 0 && c.Plant.TTFTFactor < 2 }

// shares are the canaries' percentages, rising.
func shares() []int { return []int{5, 25, 50} }

// Cases are all that are measured, the smallest share first: those runs are the
// longest, so they go side by side.
func Cases() []Case {
	var out []Case
	for _, percent := range shares() {
		for _, p := range []Plant{{TTFTFactor: 1.5}, {TTFTFactor: 2}, {TTFTFactor: 4}, {ErrorRate: 0.2}, {Hang: true}} {
			out = append(out, Case{percent, p})
		}
	}
	return out
}
