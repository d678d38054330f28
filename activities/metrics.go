package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Scraper measures the replicas of a fleet, from where its record says.
type Scraper interface {
	// Watch are the readings of each replica over a window, in order of time. It
	// fails when a replica cannot be read.
	Watch(ctx context.Context, fleet serving.Fleet, endpoints []string, windowSeconds float64) ([][]serving.Reading, error)
}

// Describer says which variants of a fleet run and where.
type Describer interface {
	Describe(ctx context.Context, fleet serving.Fleet) ([]serving.VariantStatus, error)
}

// SnapshotStore keeps measurements.
type SnapshotStore interface {
	SaveSnapshot(ctx context.Context, fleet string, variant serving.Variant, snapshot serving.Snapshot) error
}

// Metrics measures variants.
type Metrics struct {
	scraper   Scraper
	describer Describer
	store     SnapshotStore
}

// NewMetrics returns the measuring activities.
func NewMetrics(scraper Scraper, describer Describer, store SnapshotStore) *Metrics {
	return &Metrics{scraper: scraper, describer: describer, store: store}
}

// ScrapeFleetInput asks for a measurement of a variant over a window.
type ScrapeFleetInput struct {
	Fleet         serving.Fleet   `json:"fleet"`
	Variant       serving.Variant `json:"variant"`
	WindowSeconds float64         `json:"window_seconds"`
}

// ScrapeFleetResult is the measurement.
type ScrapeFleetResult struct {
	Snapshot serving.Snapshot `json:"snapshot"`
}

// storeWithin bounds the writing of a snapshot, which takes milliseconds: a watch
// that waited for a store that hangs would see nothing meanwhile.
const storeWithin = 3 * time.Second

// ScrapeFleet reads the replicas of a variant over a window and stores the
// snapshot. It fails when a replica cannot be read. A store that is away costs a
// point of the history and not the measurement, on which decisions wait.
func (a *Metrics) ScrapeFleet(ctx context.Context, in ScrapeFleetInput) (ScrapeFleetResult, error) {
	endpoints, err := endpointsOf(ctx, a.describer, in.Fleet, in.Variant)
	if err != nil {
		return ScrapeFleetResult{}, translate(err)
	}
	var replicas [][]serving.Reading
	err = beating(ctx, func(ctx context.Context) (err error) {
		replicas, err = a.scraper.Watch(ctx, in.Fleet, endpoints, in.WindowSeconds)
		return err
	})
	if err != nil {
		return ScrapeFleetResult{}, translate(err)
	}
	snapshot := serving.Window(in.Fleet.Name, in.Variant, replicas)
	return ScrapeFleetResult{Snapshot: snapshot}, translate(a.keep(ctx, in, snapshot))
}

func (a *Metrics) keep(ctx context.Context, in ScrapeFleetInput, snapshot serving.Snapshot) error {
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	err := a.store.SaveSnapshot(ctx, in.Fleet.Name, in.Variant, snapshot)
	if err == nil || errors.Is(err, serving.ErrPermanent) {
		return err
	}
	activity.GetLogger(ctx).Warn("snapshot not stored", "fleet", in.Fleet.Name, "error", err)
	return nil
}

// endpointsOf finds the replicas of a variant: those the fleet's record names
// for stable, or what the provisioner runs.
func endpointsOf(ctx context.Context, d Describer, fleet serving.Fleet, v serving.Variant) ([]string, error) {
	if v == serving.Stable && len(fleet.Endpoints) > 0 {
		return fleet.Endpoints, nil
	}
	variants, err := d.Describe(ctx, fleet)
	if err != nil {
		return nil, fmt.Errorf("describe variants of %s: %w", fleet.Name, err)
	}
	for _, s := range variants {
		if s.Variant == v && len(s.Endpoints) > 0 {
			return s.Endpoints, nil
		}
	}
	return nil, fmt.Errorf("fleet %s has no running replica of variant %s", fleet.Name, v)
}
