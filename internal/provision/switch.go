package provision

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Provisioner is one way of running replicas. All methods may be called
// concurrently and are idempotent.
type Provisioner interface {
	// Ensure makes the variant run exactly as specified and returns when every
	// replica serves. ErrStartFailed when one does not.
	Ensure(ctx context.Context, fleet serving.Fleet, spec serving.VariantSpec) (serving.VariantStatus, error)
	// Remove drains and stops the replicas of a variant; none is no error.
	Remove(ctx context.Context, fleet serving.Fleet, v serving.Variant) error
	// Describe lists what runs now.
	Describe(ctx context.Context, fleet serving.Fleet) ([]serving.VariantStatus, error)
}

// CheckSpec refuses what no provisioner can run.
func CheckSpec(fleet serving.Fleet, spec serving.VariantSpec) error {
	switch {
	case spec.Fleet != "" && spec.Fleet != fleet.Name:
		return fmt.Errorf("%w: the spec is for fleet %q, not %q", ErrInvalid, spec.Fleet, fleet.Name)
	case spec.Replicas < 1:
		return fmt.Errorf("%w: %d replicas of %s, use Remove for none", ErrInvalid, spec.Replicas, spec.Variant)
	}
	return nil
}

// KindProcess is the kind of replicas that are processes of this host.
const KindProcess = "process"

// Switch hands each call to the provisioner of the fleet's kind.
type Switch struct {
	provisioners map[string]Provisioner
}

// NewSwitch knows the given kinds; the map is copied.
func NewSwitch(provisioners map[string]Provisioner) *Switch {
	return &Switch{provisioners: maps.Clone(provisioners)}
}

// Kinds are the names that fleet.Provisioner.Kind may have, sorted.
func (s *Switch) Kinds() []string { return slices.Sorted(maps.Keys(s.provisioners)) }

func (s *Switch) of(fleet serving.Fleet) (Provisioner, error) {
	p, ok := s.provisioners[fleet.Provisioner.Kind]
	if !ok {
		return nil, fmt.Errorf("%w: %q, use one of %v", ErrUnknownKind, fleet.Provisioner.Kind, s.Kinds())
	}
	return p, nil
}

// Ensure makes the variant run as specified; see Provisioner.
func (s *Switch) Ensure(ctx context.Context, fleet serving.Fleet, spec serving.VariantSpec) (serving.VariantStatus, error) {
	p, err := s.of(fleet)
	if err != nil {
		return serving.VariantStatus{}, err
	}
	return p.Ensure(ctx, fleet, spec)
}

// Remove drains and stops the replicas of a variant; see Provisioner.
func (s *Switch) Remove(ctx context.Context, fleet serving.Fleet, v serving.Variant) error {
	p, err := s.of(fleet)
	if err != nil {
		return err
	}
	return p.Remove(ctx, fleet, v)
}

// Describe lists what runs now; see Provisioner.
func (s *Switch) Describe(ctx context.Context, fleet serving.Fleet) ([]serving.VariantStatus, error) {
	p, err := s.of(fleet)
	if err != nil {
		return nil, err
	}
	return p.Describe(ctx, fleet)
}
