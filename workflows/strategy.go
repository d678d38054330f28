package workflows

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Strategy is the way in which a rollout brings a configuration to its users.
type Strategy string

// Strategies. The zero value is canary.
const (
	// StrategyCanary raises the share in stages, each judged.
	StrategyCanary Strategy = "canary"
	// StrategyBlueGreen starts the new side at full size without traffic, tries it,
	// and moves everything at once; the old side stays warm until promotion.
	StrategyBlueGreen Strategy = "blue-green"
	// StrategyAB gives a fixed part of the users the new side for a time, each user
	// always the same side, and keeps the better one.
	StrategyAB Strategy = "ab"
	// StrategyAdvisory plans and writes nothing.
	StrategyAdvisory Strategy = "advisory"
)

// ABPlan is how an A/B comparison splits users and picks the winner.
type ABPlan struct {
	// Percent of the users that the new side (B) gets: by a hash of their session
	// (the router's X-Session-Id), so that each stays where it is. 50 by default.
	Percent int `json:"percent,omitempty"`
	// Header and Value, when given, decide instead: exactly the requests that carry
	// this value go to B. Only routers that read headers can do that.
	Header string `json:"header,omitempty"`
	Value  string `json:"value,omitempty"`
	// Seconds that it lasts at least; the least soak of a stage by default.
	Seconds float64 `json:"seconds,omitempty"`
	// Winner is the latency by whose tail the better side is chosen once B is shown
	// not to be worse: ttft, itl or e2e (the default).
	Winner serving.Metric `json:"winner,omitempty"`
}

func (p Plan) withStrategy() Plan {
	setDefault(&p.Strategy, StrategyCanary)
	switch p.Strategy {
	case StrategyBlueGreen:
		p.Weights = []int{100}
	case StrategyAB:
		ab := ABPlan{}
		if p.AB != nil {
			ab = *p.AB
		}
		setDefault(&ab.Percent, 50)
		setDefault(&ab.Winner, serving.MetricE2E)
		p.AB, p.Weights = &ab, []int{ab.Percent, 100}
	}
	if len(p.Weights) == 0 {
		p.Weights = []int{5, 25, 50, 100}
	}
	return p
}

func (p Plan) validateStrategy() error {
	switch p.Strategy {
	case "", StrategyCanary, StrategyAdvisory:
	case StrategyBlueGreen, StrategyAB:
		if len(p.Weights) > 0 {
			return fmt.Errorf("weights: have no meaning for strategy %q, leave them out", p.Strategy)
		}
	default:
		return fmt.Errorf("strategy: %q is unknown, use %q, %q, %q or %q", p.Strategy, StrategyCanary, StrategyBlueGreen, StrategyAB, StrategyAdvisory)
	}
	if p.AB == nil {
		return nil
	}
	switch ab := *p.AB; {
	case p.Strategy != StrategyAB:
		return fmt.Errorf("ab: is only for strategy %q", StrategyAB)
	case ab.Percent < 0 || ab.Percent > 50:
		return fmt.Errorf("ab.percent: %d must be within 1..50", ab.Percent)
	case (ab.Header == "") != (ab.Value == ""):
		return fmt.Errorf("ab.header, ab.value: give both or neither")
	case ab.Seconds < 0:
		return fmt.Errorf("ab.seconds: %g must not be negative", ab.Seconds)
	case ab.Winner != "" && ab.Winner != serving.MetricTTFT && ab.Winner != serving.MetricITL && ab.Winner != serving.MetricE2E:
		return fmt.Errorf("ab.winner: %q must be ttft, itl or e2e", ab.Winner)
	}
	return nil
}

// byHeader says whether the stage at a weight splits by a header.
func (p Plan) byHeader(weight int) bool {
	return p.Strategy == StrategyAB && p.AB.Header != "" && weight < 100
}

// leastSeconds is the least soak of the stage at a weight.
func (p Plan) leastSeconds(weight int) float64 {
	switch {
	case weight == 100:
		return p.BakeSeconds
	case p.Strategy == StrategyAB:
		return max(p.MinStageSeconds, p.AB.Seconds)
	}
	return p.MinStageSeconds
}
