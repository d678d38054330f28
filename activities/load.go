package activities

import (
	"cmp"
	"context"
	"strings"

	"go.temporal.io/sdk/activity"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// LoadGenerator drives an engine.
type LoadGenerator interface {
	Ladder(ctx context.Context, target, model string, spec serving.LadderSpec,
		progress func(serving.LadderStep)) (serving.LadderResult, error)
}

// Load runs load tests.
type Load struct{ generator LoadGenerator }

// NewLoad returns the load-testing activities.
func NewLoad(g LoadGenerator) *Load { return &Load{generator: g} }

// RunLadderInput is a load test of one or more replicas.
type RunLadderInput struct {
	Targets []string           `json:"targets"` // base URLs
	Model   string             `json:"model"`
	Spec    serving.LadderSpec `json:"spec"`
}

// RunLadderResult is the measurement.
type RunLadderResult struct {
	Result serving.LadderResult `json:"result"`
}

// RunLadder finds the highest rate that keeps the objectives. A cancelled or
// lost attempt leaves nothing behind but its prompts in the engine's prefix
// cache, so it may be repeated from the start with other words.
func (a *Load) RunLadder(ctx context.Context, in RunLadderInput) (RunLadderResult, error) {
	var out RunLadderResult
	if attempt := activity.GetInfo(ctx).Attempt; attempt > 1 {
		in.Spec.Base.TextSeed = cmp.Or(in.Spec.Base.TextSeed, in.Spec.Base.Seed) + uint64(attempt)<<32
	}
	err := handingOver(ctx, func(ctx context.Context) (err error) {
		out.Result, err = a.generator.Ladder(ctx, strings.Join(in.Targets, ","), in.Model, in.Spec,
			func(step serving.LadderStep) { activity.RecordHeartbeat(ctx, step.Load.RatePerSecond) })
		return err
	})
	return out, translate(err)
}
