package activities

import (
	"context"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// FleetStore keeps fleets. An unknown name is a permanent error. SetFleetConfig
// is idempotent.
type FleetStore interface {
	Fleet(ctx context.Context, name string) (serving.Fleet, error)
	SetFleetConfig(ctx context.Context, name string, config serving.EngineConfig) error
}

// Fleets reads and writes the record of a fleet.
type Fleets struct{ store FleetStore }

// NewFleets returns the activities on the fleet store.
func NewFleets(store FleetStore) *Fleets { return &Fleets{store: store} }

// LoadFleetInput names a fleet.
type LoadFleetInput struct {
	Name string `json:"name"`
}

// LoadFleetResult is the fleet as it is now.
type LoadFleetResult struct {
	Fleet serving.Fleet `json:"fleet"`
}

// LoadFleet reads a fleet.
func (a *Fleets) LoadFleet(ctx context.Context, in LoadFleetInput) (LoadFleetResult, error) {
	fleet, err := a.store.Fleet(ctx, in.Name)
	return LoadFleetResult{Fleet: fleet}, translate(err)
}

// SaveFleetConfigInput is what stable runs from now on.
type SaveFleetConfigInput struct {
	Name   string               `json:"name"`
	Config serving.EngineConfig `json:"config"`
}

// SaveFleetConfig records the configuration that stable was promoted to.
func (a *Fleets) SaveFleetConfig(ctx context.Context, in SaveFleetConfigInput) error {
	return translate(a.store.SetFleetConfig(ctx, in.Name, in.Config))
}
