package kubernetes

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Provisioner is the provision.Provisioner of Deployments.
type Provisioner struct{ opts Options }

// New makes a provisioner; no cluster is reached yet.
func New(opts Options) *Provisioner { return &Provisioner{opts: opts.withDefaults()} }

// Ensure makes a variant run as specified and returns when every replica serves.
// Stable is edited in place and keeps its size, which its owner or its autoscaler
// decides; other variants are made, resized or rolled over. A variant that fails
// to start is removed again, stable is left to the caller: its old pods serve on.
func (p *Provisioner) Ensure(ctx context.Context, fleet serving.Fleet, spec serving.VariantSpec) (serving.VariantStatus, error) {
	status, err := p.ensure(ctx, fleet, spec)
	if err != nil {
		return serving.VariantStatus{}, fmt.Errorf("ensure %s of %s: %w", spec.Variant, fleet.Name, translate(err))
	}
	return status, nil
}

func (p *Provisioner) ensure(ctx context.Context, fleet serving.Fleet, spec serving.VariantSpec) (serving.VariantStatus, error) {
	if err := provision.CheckSpec(fleet, spec); err != nil {
		return serving.VariantStatus{}, err
	}
	if spec.Config.Engine != fleet.Config.Engine {
		return serving.VariantStatus{}, fmt.Errorf("%w: a Deployment of %s cannot become one of %s", provision.ErrInvalid, fleet.Config.Engine, spec.Config.Engine)
	}
	t, err := p.target(ctx, fleet)
	if err != nil {
		return serving.VariantStatus{}, err
	}
	if spec.Variant == serving.Stable {
		return t.promote(ctx, spec)
	}
	return t.ensureClone(ctx, spec)
}

// Remove ends the pods of a variant and deletes what was made for it; none is no
// error. Stable is never removed.
func (p *Provisioner) Remove(ctx context.Context, fleet serving.Fleet, v serving.Variant) error {
	if v == serving.Stable {
		return fmt.Errorf("remove stable of %s: %w: its Deployment is not the agent's", fleet.Name, provision.ErrInvalid)
	}
	t, err := p.target(ctx, fleet)
	if err == nil {
		err = t.remove(ctx, v)
	}
	if err != nil {
		return fmt.Errorf("remove %s of %s: %w", v, fleet.Name, translate(err))
	}
	return nil
}

// Describe lists the replicas that serve, one status for each variant and
// configuration; while one is rolled over it has two.
func (p *Provisioner) Describe(ctx context.Context, fleet serving.Fleet) ([]serving.VariantStatus, error) {
	t, err := p.target(ctx, fleet)
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", fleet.Name, translate(err))
	}
	out, err := t.describe(ctx)
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", fleet.Name, translate(err))
	}
	return out, nil
}

// translate makes a refusal of the API server a permanent error.
func translate(err error) error {
	if kube.Refused(err) && !errors.Is(err, serving.ErrPermanent) {
		return fmt.Errorf("%w: %w", provision.ErrInvalid, err)
	}
	return err
}

func gone(err error) bool { return apierrors.IsNotFound(err) }
