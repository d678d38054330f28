package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Scraper reads one replica's metrics.
type Scraper interface {
	Read(ctx context.Context, endpoint string, engine serving.EngineKind) (serving.Reading, error)
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

// readEvery is the distance of readings within a window: gauges such as the
// queue length are only seen when they are read.
const readEvery = 2 * time.Second

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

// ScrapeFleet reads the replicas of a variant over a window and stores the
// snapshot. It fails when a replica cannot be read.
func (a *Metrics) ScrapeFleet(ctx context.Context, in ScrapeFleetInput) (ScrapeFleetResult, error) {
	endpoints, err := endpointsOf(ctx, a.describer, in.Fleet, in.Variant)
	if err != nil {
		return ScrapeFleetResult{}, translate(err)
	}
	replicas := make([][]serving.Reading, len(endpoints))
	for deadline := time.Now().Add(seconds(in.WindowSeconds)); ; {
		for i, endpoint := range endpoints {
			reading, err := a.scraper.Read(ctx, endpoint, in.Fleet.Config.Engine)
			if err != nil {
				return ScrapeFleetResult{}, translate(fmt.Errorf("read %s: %w", endpoint, err))
			}
			replicas[i] = append(replicas[i], reading)
		}
		activity.RecordHeartbeat(ctx)
		left := time.Until(deadline)
		if left <= 0 {
			break
		}
		if err := wait(ctx, min(left, readEvery)); err != nil {
			return ScrapeFleetResult{}, err
		}
	}
	snapshot := serving.Window(in.Fleet.Name, in.Variant, replicas)
	return ScrapeFleetResult{Snapshot: snapshot},
		translate(a.store.SaveSnapshot(ctx, in.Fleet.Name, in.Variant, snapshot))
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
