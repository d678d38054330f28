package scrape

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Source is one place where the measurements of engines come from. All methods
// may be called concurrently.
type Source interface {
	// Read is what a replica reports now, or reported last.
	Read(ctx context.Context, fleet serving.Fleet, endpoint string) (serving.Reading, error)
	// Watch are the readings of each replica over a window, in order of time: the
	// one that begins now, or the one that ends now where the source remembers.
	Watch(ctx context.Context, fleet serving.Fleet, endpoints []string, windowSeconds float64) ([][]serving.Reading, error)
}

// GPUSource is one place where the figures of GPUs come from.
type GPUSource interface {
	// AddGPU completes readings of one replica, in order of time, with the figures
	// of its GPUs. It never fails: what cannot be had is noted as missing.
	AddGPU(ctx context.Context, fleet serving.Fleet, readings []serving.Reading) []serving.Reading
}

// Switch hands each call to the sources that the fleet names.
type Switch struct {
	sources map[string]Source
	gpus    map[string]GPUSource
}

// NewSwitch knows the given kinds (serving.MetricsScrape and so on,
// serving.GPUExporter and so on); the maps are copied.
func NewSwitch(sources map[string]Source, gpus map[string]GPUSource) *Switch {
	return &Switch{sources: maps.Clone(sources), gpus: maps.Clone(gpus)}
}

// Read is what a replica reports; see Source.
func (s *Switch) Read(ctx context.Context, fleet serving.Fleet, endpoint string) (serving.Reading, error) {
	source, err := s.source(fleet)
	if err != nil {
		return serving.Reading{}, err
	}
	r, err := source.Read(ctx, fleet, endpoint)
	if err != nil {
		return serving.Reading{}, err
	}
	return s.withGPU(ctx, fleet, []serving.Reading{r})[0], nil
}

// Watch are the readings over a window; see Source.
func (s *Switch) Watch(ctx context.Context, fleet serving.Fleet, endpoints []string, windowSeconds float64) ([][]serving.Reading, error) {
	source, err := s.source(fleet)
	if err != nil {
		return nil, err
	}
	readings, err := source.Watch(ctx, fleet, endpoints, windowSeconds)
	if err != nil {
		return nil, err
	}
	for i := range readings {
		readings[i] = s.withGPU(ctx, fleet, readings[i])
	}
	return readings, nil
}

func (s *Switch) source(fleet serving.Fleet) (Source, error) {
	source, ok := s.sources[fleet.Metrics.SourceKind()]
	if !ok {
		return nil, fmt.Errorf("metrics source %q of fleet %s is unknown, use one of %v: %w", fleet.Metrics.Kind, fleet.Name,
			slices.Sorted(maps.Keys(s.sources)), serving.ErrPermanent)
	}
	return source, nil
}

// withGPU leaves readings of a fleet that names no source as they are.
func (s *Switch) withGPU(ctx context.Context, fleet serving.Fleet, readings []serving.Reading) []serving.Reading {
	source, ok := s.gpus[fleet.GPUMetrics.Kind]
	if !ok || len(readings) == 0 {
		return readings
	}
	return source.AddGPU(ctx, fleet, readings)
}
