package detection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// site runs the simulated engines of all fleets; to the activities it is a
// provisioner.
type site struct {
	mu     sync.Mutex
	groups map[place]*group
	born   uint64 // engines so far, the seed of the next one
}

type place struct {
	fleet   string
	variant serving.Variant
}

type group struct {
	config  serving.EngineConfig
	engines []*engine
}

func newSite() *site { return &site{groups: map[place]*group{}} }

// Ensure runs the variant as specified; another configuration replaces all of it.
func (s *site) Ensure(_ context.Context, fleet serving.Fleet, spec serving.VariantSpec) (serving.VariantStatus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := place{fleet.Name, spec.Variant}
	if g := s.groups[at]; g != nil && g.config.Key() != spec.Config.Key() {
		if err := s.remove(at); err != nil {
			return serving.VariantStatus{}, err
		}
	}
	g := s.groups[at]
	if g == nil {
		g = &group{config: spec.Config}
		s.groups[at] = g
	}
	for len(g.engines) > spec.Replicas {
		last := len(g.engines) - 1
		if err := g.engines[last].stop(); err != nil {
			return serving.VariantStatus{}, err
		}
		g.engines = g.engines[:last]
	}
	for len(g.engines) < spec.Replicas {
		s.born++
		e, err := startEngine(s.born)
		if err != nil {
			return serving.VariantStatus{}, fmt.Errorf("start %s of %s: %w", spec.Variant, fleet.Name, err)
		}
		g.engines = append(g.engines, e)
	}
	return g.status(at), nil
}

// Remove stops the variant.
func (s *site) Remove(_ context.Context, fleet serving.Fleet, v serving.Variant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remove(place{fleet.Name, v})
}

// Describe lists what runs of the fleet.
func (s *site) Describe(_ context.Context, fleet serving.Fleet) ([]serving.VariantStatus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []serving.VariantStatus
	for _, v := range []serving.Variant{serving.Stable, serving.Canary, serving.Baseline, serving.Staging} {
		if g := s.groups[place{fleet.Name, v}]; g != nil {
			out = append(out, g.status(place{fleet.Name, v}))
		}
	}
	return out, nil
}

// breakCanary plants the trouble in every replica of the canary.
func (s *site) breakCanary(fleet string, p Plant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[place{fleet, serving.Canary}]
	if g == nil {
		return fmt.Errorf("%s has no canary to break", fleet)
	}
	for _, e := range g.engines {
		e.breakNow(p)
	}
	return nil
}

// close stops everything.
func (s *site) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failed []error
	for at := range s.groups {
		failed = append(failed, s.remove(at))
	}
	return errors.Join(failed...)
}

func (s *site) remove(at place) error {
	g := s.groups[at]
	if g == nil {
		return nil
	}
	delete(s.groups, at)
	var failed []error
	for _, e := range g.engines {
		failed = append(failed, e.stop())
	}
	return errors.Join(failed...)
}

func (g *group) status(at place) serving.VariantStatus {
	st := serving.VariantStatus{Fleet: at.fleet, Variant: at.variant, Config: g.config}
	for _, e := range g.engines {
		st.Endpoints = append(st.Endpoints, e.url)
	}
	slices.Sort(st.Endpoints)
	return st
}
