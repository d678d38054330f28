package activities

import (
	"context"
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Provisioner runs variants. Ensure converges to the spec and is idempotent;
// Remove of a variant that is not there succeeds. Both are safe to repeat after
// a worker died in the middle.
type Provisioner interface {
	Ensure(ctx context.Context, fleet serving.Fleet, spec serving.VariantSpec) (serving.VariantStatus, error)
	Remove(ctx context.Context, fleet serving.Fleet, variant serving.Variant) error
	Describer
}

// Variants starts and stops groups of replicas.
type Variants struct{ provisioner Provisioner }

// NewVariants returns the provisioning activities.
func NewVariants(p Provisioner) *Variants { return &Variants{provisioner: p} }

// EnsureVariantInput is a variant that should run.
type EnsureVariantInput struct {
	Fleet    serving.Fleet        `json:"fleet"`
	Variant  serving.Variant      `json:"variant"`
	Config   serving.EngineConfig `json:"config"`
	Replicas int                  `json:"replicas"`
	// Updated is how many of them are to run Config by now, 0 for all.
	Updated int `json:"updated,omitempty"`
}

// EnsureVariantResult is what runs.
type EnsureVariantResult struct {
	Status serving.VariantStatus `json:"status"`
}

// EnsureVariant returns once all replicas of the variant serve. An engine that
// refuses to start is a permanent error.
func (a *Variants) EnsureVariant(ctx context.Context, in EnsureVariantInput) (EnsureVariantResult, error) {
	var out EnsureVariantResult
	spec := serving.VariantSpec{Fleet: in.Fleet.Name, Variant: in.Variant, Config: in.Config,
		Hardware: in.Fleet.Hardware, Replicas: in.Replicas, Updated: in.Updated}
	err := beating(ctx, func(ctx context.Context) (err error) {
		out.Status, err = a.provisioner.Ensure(ctx, in.Fleet, spec)
		return err
	})
	if err != nil {
		return out, translate(fmt.Errorf("ensure %s of %s: %w", in.Variant, in.Fleet.Name, err))
	}
	return out, nil
}

// RemoveVariantInput is a variant that should be gone.
type RemoveVariantInput struct {
	Fleet   serving.Fleet   `json:"fleet"`
	Variant serving.Variant `json:"variant"`
}

// RemoveVariant stops a variant's replicas and waits for them to end.
func (a *Variants) RemoveVariant(ctx context.Context, in RemoveVariantInput) error {
	return translate(beating(ctx, func(ctx context.Context) error {
		return a.provisioner.Remove(ctx, in.Fleet, in.Variant)
	}))
}

// FindEndpointsInput names a variant.
type FindEndpointsInput struct {
	Fleet   serving.Fleet   `json:"fleet"`
	Variant serving.Variant `json:"variant"`
}

// FindEndpointsResult is where its replicas serve.
type FindEndpointsResult struct {
	Endpoints []string `json:"endpoints"`
}

// FindEndpoints looks up the running replicas of a variant.
func (a *Variants) FindEndpoints(ctx context.Context, in FindEndpointsInput) (FindEndpointsResult, error) {
	endpoints, err := endpointsOf(ctx, a.provisioner, in.Fleet, in.Variant)
	return FindEndpointsResult{Endpoints: endpoints}, translate(err)
}

// CountReplicasInput names a variant.
type CountReplicasInput struct {
	Fleet   serving.Fleet   `json:"fleet"`
	Variant serving.Variant `json:"variant"`
}

// CountReplicasResult is how many of its replicas run; none is an answer.
type CountReplicasResult struct {
	Replicas int `json:"replicas"`
}

// CountReplicas counts the running replicas of a variant.
func (a *Variants) CountReplicas(ctx context.Context, in CountReplicasInput) (CountReplicasResult, error) {
	variants, err := a.provisioner.Describe(ctx, in.Fleet)
	if err != nil {
		return CountReplicasResult{}, translate(fmt.Errorf("describe variants of %s: %w", in.Fleet.Name, err))
	}
	return CountReplicasResult{Replicas: len(endpointsIn(variants, in.Variant))}, nil
}
