package serving

import (
	"fmt"
	"math"
)

// Arrival processes of a Workload.
const (
	ArrivalPoisson  = "poisson"
	ArrivalConstant = "constant"
	ArrivalGamma    = "gamma"
)

// Workload describes requests: how they arrive and how long they are.
type Workload struct {
	// RatePerSecond is the fleet-wide arrival rate of requests, the later turns
	// of sessions included.
	RatePerSecond float64 `json:"rate_per_second"`
	Arrival       string  `json:"arrival,omitempty"` // "poisson" (default), "constant" or "gamma"
	// ArrivalShape is the shape k of gamma gaps, whose coefficient of variation is
	// 1/sqrt(k): 1 (also 0) is Poisson, more is smoother, less comes in bursts.
	ArrivalShape float64 `json:"arrival_shape,omitempty"`
	// PromptTokens is what a request adds of its own; a later turn of a session
	// has the turns before it in front.
	PromptTokens Lengths `json:"prompt_tokens"`
	OutputTokens Lengths `json:"output_tokens"`
	// PrefixShare is the part of each prompt, 0..1, that it has in common with
	// the other prompts of its group; PrefixGroups is the number of groups.
	PrefixShare  float64 `json:"prefix_share,omitempty"`
	PrefixGroups int     `json:"prefix_groups,omitempty"`
	// Sessions makes requests the turns of conversations; nil: each stands alone.
	Sessions *Sessions `json:"sessions,omitempty"`
	Source   string    `json:"source,omitempty"` // "observed", "given" or "trace"
}

// Sessions describes conversations. They begin by the arrival process; a later
// turn is sent when the answer before it is whole and its user has thought.
type Sessions struct {
	Turns Lengths `json:"turns"`
	// ThinkSeconds is the mean of the pauses, which are exponential.
	ThinkSeconds float64 `json:"think_seconds,omitempty"`
}

// Validate names the field that is wrong and how to mend it.
func (w Workload) Validate() error {
	switch {
	case !(w.RatePerSecond > 0 && w.RatePerSecond <= math.MaxFloat64):
		return fmt.Errorf("rate_per_second: %g must be above 0; give the requests per second", w.RatePerSecond)
	case w.Arrival != "" && w.Arrival != ArrivalPoisson && w.Arrival != ArrivalConstant && w.Arrival != ArrivalGamma:
		return fmt.Errorf("arrival: %q is unknown; use poisson, constant or gamma", w.Arrival)
	case w.ArrivalShape != 0 && w.Arrival != ArrivalGamma:
		return fmt.Errorf("arrival_shape: %g has no meaning here; leave it out or set arrival to gamma", w.ArrivalShape)
	case w.Arrival == ArrivalGamma && w.ArrivalShape != 0 && !(w.ArrivalShape >= leastArrivalShape && w.ArrivalShape <= greatestArrivalShape):
		return fmt.Errorf("arrival_shape: %g must be within %g..%g; 1 is poisson, below comes in bursts",
			w.ArrivalShape, leastArrivalShape, greatestArrivalShape)
	case !(w.PrefixShare >= 0 && w.PrefixShare <= 1):
		return fmt.Errorf("prefix_share: %g must be within 0..1; it is the shared part of a prompt", w.PrefixShare)
	case w.PrefixGroups < 0:
		return fmt.Errorf("prefix_groups: %d must not be negative; 0 is one group", w.PrefixGroups)
	}
	return w.validateLengths()
}

// Bounds of the shape of gamma gaps: gaps that vary ten times as much as
// Poisson's, and gaps that are constant within 3%.
const (
	leastArrivalShape    = 0.01
	greatestArrivalShape = 1000.0
)

func (w Workload) validateLengths() error {
	if err := w.PromptTokens.Validate(); err != nil {
		return fmt.Errorf("prompt_tokens.%w", err)
	}
	if err := w.OutputTokens.Validate(); err != nil {
		return fmt.Errorf("output_tokens.%w", err)
	}
	if w.Sessions == nil {
		return nil
	}
	if err := w.Sessions.Turns.Validate(); err != nil {
		return fmt.Errorf("sessions.turns.%w", err)
	}
	if t := w.Sessions.ThinkSeconds; !(t >= 0 && t <= math.MaxFloat64) {
		return fmt.Errorf("sessions.think_seconds: %g must not be negative; 0 is a user who answers at once", t)
	}
	return nil
}

// WithMoments fills in the means and spreads that the shapes of the lengths
// imply, for those who look no further than these.
func (w Workload) WithMoments() Workload {
	w.PromptTokens, w.OutputTokens = w.PromptTokens.WithMoments(), w.OutputTokens.WithMoments()
	if w.Sessions != nil {
		w.Sessions = &Sessions{Turns: w.Sessions.Turns.WithMoments(), ThinkSeconds: w.Sessions.ThinkSeconds}
	}
	return w
}
