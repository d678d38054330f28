package activities

import (
	"context"
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// GateKeeper asks a service whether a rollout may go on. It fails while the
// service has not decided.
type GateKeeper interface {
	Ask(ctx context.Context, url string, q serving.GateQuestion) (serving.GateAnswer, error)
}

// Gates asks at webhook gates.
type Gates struct{ keeper GateKeeper }

// NewGates returns the asking activity.
func NewGates(k GateKeeper) *Gates { return &Gates{keeper: k} }

// AskGateInput is whom to ask and what.
type AskGateInput struct {
	URL      string               `json:"url"`
	Question serving.GateQuestion `json:"question"`
}

// AskGateResult is the service's decision.
type AskGateResult struct {
	Answer serving.GateAnswer `json:"answer"`
}

// AskGate asks once; Temporal asks again until there is a decision.
func (a *Gates) AskGate(ctx context.Context, in AskGateInput) (AskGateResult, error) {
	answer, err := a.keeper.Ask(ctx, in.URL, in.Question)
	if err != nil {
		return AskGateResult{}, translate(fmt.Errorf("ask %s: %w", in.URL, err))
	}
	return AskGateResult{Answer: answer}, nil
}
