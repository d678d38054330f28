package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Router moves traffic. Weights and pools are absolute; a weight revision lower
// than the router's, or equal with another split, is refused for good.
type Router interface {
	Traffic(ctx context.Context, fleet serving.Fleet) (serving.Traffic, error)
	SetWeights(ctx context.Context, fleet serving.Fleet, w serving.Weights) error
	SetEndpoints(ctx context.Context, fleet serving.Fleet, v serving.Variant, endpoints []string) error
}

// Traffic reads and moves a fleet's traffic.
type Traffic struct{ router Router }

// NewTraffic returns the routing activities.
func NewTraffic(r Router) *Traffic { return &Traffic{router: r} }

// ReadTrafficInput names a fleet.
type ReadTrafficInput struct {
	Fleet serving.Fleet `json:"fleet"`
}

// ReadTrafficResult is what the router does now.
type ReadTrafficResult struct {
	Traffic serving.Traffic `json:"traffic"`
}

// ReadTraffic reads the split and the pools from the router.
func (a *Traffic) ReadTraffic(ctx context.Context, in ReadTrafficInput) (ReadTrafficResult, error) {
	t, err := a.router.Traffic(ctx, in.Fleet)
	return ReadTrafficResult{Traffic: t}, translate(err)
}

// SetWeightsInput is a split to be put in force.
type SetWeightsInput struct {
	Fleet   serving.Fleet   `json:"fleet"`
	Weights serving.Weights `json:"weights"`
}

// SetWeights writes the split and reads it back: it succeeds only when the
// router reports the split it was given.
func (a *Traffic) SetWeights(ctx context.Context, in SetWeightsInput) error {
	if err := a.router.SetWeights(ctx, in.Fleet, in.Weights); err != nil {
		return translate(fmt.Errorf("set weights of %s: %w", in.Fleet.Name, err))
	}
	t, err := a.router.Traffic(ctx, in.Fleet)
	if err != nil {
		return translate(fmt.Errorf("read back weights of %s: %w", in.Fleet.Name, err))
	}
	if !t.Weights.SameSplit(in.Weights) || t.Weights.Revision < in.Weights.Revision {
		return fmt.Errorf("router of %s reports %v after %v was set", in.Fleet.Name, t.Weights, in.Weights)
	}
	return nil
}

// SetEndpointsInput is the pool of a variant; no endpoints take it out.
type SetEndpointsInput struct {
	Fleet     serving.Fleet   `json:"fleet"`
	Variant   serving.Variant `json:"variant"`
	Endpoints []string        `json:"endpoints"`
}

// SetEndpoints makes the replicas of a variant known to the router.
func (a *Traffic) SetEndpoints(ctx context.Context, in SetEndpointsInput) error {
	return translate(a.router.SetEndpoints(ctx, in.Fleet, in.Variant, in.Endpoints))
}

// DrainVariantInput bounds the wait for a variant's running requests.
type DrainVariantInput struct {
	Fleet      serving.Fleet   `json:"fleet"`
	Variant    serving.Variant `json:"variant"`
	MaxSeconds float64         `json:"max_seconds"`
}

// DrainVariantResult says how many requests were still running at the end.
type DrainVariantResult struct {
	Left int `json:"left"`
}

// drainEvery is short against a request, so that an empty variant leaves at once.
const drainEvery = 250 * time.Millisecond

// DrainVariant takes the variant out of the router and waits until its running
// requests ended, or for MaxSeconds.
func (a *Traffic) DrainVariant(ctx context.Context, in DrainVariantInput) (DrainVariantResult, error) {
	var out DrainVariantResult
	err := beating(ctx, func(ctx context.Context) error {
		if err := a.router.SetEndpoints(ctx, in.Fleet, in.Variant, nil); err != nil {
			return fmt.Errorf("take %s out of the router: %w", in.Variant, err)
		}
		for deadline := time.Now().Add(seconds(in.MaxSeconds)); ; {
			t, err := a.router.Traffic(ctx, in.Fleet)
			if err != nil {
				return err
			}
			out.Left = t.Pool(in.Variant).InFlight
			if out.Left == 0 || time.Now().After(deadline) {
				return nil
			}
			if err := wait(ctx, drainEvery); err != nil {
				return err
			}
		}
	})
	return out, translate(err)
}
