package router

import (
	"context"
	"fmt"
	"maps"
	"net/http"
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
	// Observe gives what ended in [sinceUnix, untilUnix), by variant.
	Observe(ctx context.Context, fleet serving.Fleet, sinceUnix, untilUnix float64) ([]serving.ArmObservation, error)
}

// KindGateway is the kind of our own proxy.
const KindGateway = "gateway"

// Switch hands each call to the router of the fleet's kind.
type Switch struct {
	routers map[string]Router
}

// NewSwitch knows every kind of router of this package; the client reaches
// them, nil for one of its own. Its timeout, if any, bounds each call; so does
// the context.
func NewSwitch(client *http.Client) *Switch {
	return NewSwitchOf(map[string]Router{KindGateway: NewGatewayClient(client)})
}

// NewSwitchOf knows the given kinds; the map is copied.
func NewSwitchOf(routers map[string]Router) *Switch {
	return &Switch{routers: maps.Clone(routers)}
}

func (s *Switch) of(fleet serving.Fleet) (Router, error) {
	r, ok := s.routers[fleet.Router.Kind]
	if !ok {
		return nil, fmt.Errorf("%w: %q, use one of %v", ErrUnknownKind, fleet.Router.Kind, slices.Sorted(maps.Keys(s.routers)))
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
