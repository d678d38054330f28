package router

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Router is one kind of router. All methods may be called concurrently.
type Router interface {
	// Traffic reads the split in force and the pools.
	Traffic(ctx context.Context, fleet serving.Fleet) (serving.Traffic, error)
	// SetWeights puts an absolute split in force; idempotent for one revision,
	// ErrStaleRevision for an older one.
	SetWeights(ctx context.Context, fleet serving.Fleet, w serving.Weights) error
	// SetEndpoints makes the pool of a variant exactly the given base URLs;
	// idempotent. Requests running on endpoints that leave are not cut.
	SetEndpoints(ctx context.Context, fleet serving.Fleet, v serving.Variant, endpoints []string) error
	Observer
}

// Observer is the side of a router that tells what it saw of each variant.
type Observer interface {
	// Observe gives what ended in [sinceUnix, untilUnix), by variant;
	// ErrNoSamples where the kind keeps no log of requests.
	Observe(ctx context.Context, fleet serving.Fleet, sinceUnix, untilUnix float64) ([]serving.ArmObservation, error)
	// Counters gives the running totals of each variant that has a pool;
	// ErrNoCounters where the kind counts nothing.
	Counters(ctx context.Context, fleet serving.Fleet) ([]serving.ArmCounters, error)
}

// Switch hands each call to the router of the fleet's kind.
type Switch struct {
	routers map[string]Router
}

// NewSwitch knows the given kinds; the map is copied. Package router/kinds has
// the one that knows all.
func NewSwitch(routers map[string]Router) *Switch {
	return &Switch{routers: maps.Clone(routers)}
}

// headerReader is a router that understands the rules of weights. One that does
// not would silently send everybody by the shares alone.
type headerReader interface{ ReadsHeaders() }

// Kinds are the names that fleet.Router.Kind may have, sorted.
func (s *Switch) Kinds() []string { return slices.Sorted(maps.Keys(s.routers)) }

func (s *Switch) of(fleet serving.Fleet) (Router, error) {
	r, ok := s.routers[fleet.Router.Kind]
	if !ok {
		return nil, fmt.Errorf("%w: %q, use one of %v", ErrUnknownKind, fleet.Router.Kind, s.Kinds())
	}
	return r, nil
}

// Traffic reads the split in force and the pools.
func (s *Switch) Traffic(ctx context.Context, fleet serving.Fleet) (serving.Traffic, error) {
	r, err := s.of(fleet)
	if err != nil {
		return serving.Traffic{}, err
	}
	return r.Traffic(ctx, fleet)
}

// SetWeights puts a split in force; see Router.
func (s *Switch) SetWeights(ctx context.Context, fleet serving.Fleet, w serving.Weights) error {
	r, err := s.of(fleet)
	if err != nil {
		return err
	}
	if _, reads := r.(headerReader); len(w.Rules) > 0 && !reads {
		return fmt.Errorf("%w: a %s router cannot split by a header, use a percentage", ErrInvalid, fleet.Router.Kind)
	}
	return r.SetWeights(ctx, fleet, w)
}

// SetEndpoints sets the pool of a variant; see Router.
func (s *Switch) SetEndpoints(ctx context.Context, fleet serving.Fleet, v serving.Variant, endpoints []string) error {
	r, err := s.of(fleet)
	if err != nil {
		return err
	}
	return r.SetEndpoints(ctx, fleet, v, endpoints)
}

// Observe gives what the router saw in [sinceUnix, untilUnix), by variant.
func (s *Switch) Observe(ctx context.Context, fleet serving.Fleet, sinceUnix, untilUnix float64) ([]serving.ArmObservation, error) {
	r, err := s.of(fleet)
	if err != nil {
		return nil, err
	}
	return r.Observe(ctx, fleet, sinceUnix, untilUnix)
}

// Counters gives the running totals of each variant; see Observer.
func (s *Switch) Counters(ctx context.Context, fleet serving.Fleet) ([]serving.ArmCounters, error) {
	r, err := s.of(fleet)
	if err != nil {
		return nil, err
	}
	return r.Counters(ctx, fleet)
}
