package api

import (
	"context"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// CollectInput asks for a measurement.
type CollectInput struct {
	WindowSeconds float64 `json:"window_seconds,omitempty" minimum:"1" maximum:"60" default:"10" doc:"How long to watch. Longer windows hold more requests."`
}

// maxCollect is the longest window plus what the readings at its ends may take.
const maxCollect = 80 * time.Second

func (s *Server) registerMetrics() {
	get := func(path, id, summary string) route {
		return route{method: http.MethodGet, path: prefix + "/fleets/{fleet}/metrics" + path, id: id, group: "metrics", summary: summary}
	}
	handle(s, route{method: http.MethodPost, path: prefix + "/fleets/{fleet}/metrics/collect", id: "collect-metrics", group: "metrics",
		summary: "Measure the stable replicas over a window now", action: "metrics.collect", deadline: maxCollect,
		errors: []int{http.StatusBadGateway, http.StatusGatewayTimeout}},
		func(ctx context.Context, in *struct {
			FleetPath
			Body *CollectInput
		}) (*body[serving.SnapshotRecord], error) {
			f, err := s.deps.Store.Fleet(ctx, in.Fleet)
			if err != nil {
				return nil, err
			}
			rec, err := s.collect(ctx, f, orZero(in.Body).WindowSeconds)
			remark(ctx, f.Name, nil, map[string]any{"snapshot": rec.ID, "window_seconds": rec.Snapshot.WindowSeconds})
			return answer(rec), err
		})
	handle(s, get("", "latest-metrics", "The latest measurement of stable"), s.latestMetrics)
	handle(s, get("/latency", "latency-metrics", "Latency quantiles of the latest measurement"), view(s, latencyOf))
	handle(s, get("/throughput", "throughput-metrics", "Rates and queues of the latest measurement"), view(s, throughputOf))
	handle(s, get("/cache", "cache-metrics", "KV cache and prefix reuse of the latest measurement"), view(s, cacheOf))
	handle(s, get("/gpu", "gpu-metrics", "GPU utilization and memory of the latest measurement, or why they are not known"), s.gpuMetrics)
}

func (s *Server) latestMetrics(ctx context.Context, in *FleetPath) (*body[serving.SnapshotRecord], error) {
	rec, err := s.latest(ctx, in.Fleet)
	return answer(rec), err
}

// latest is the newest snapshot of a fleet; its absence says how to get one.
func (s *Server) latest(ctx context.Context, fleet string) (serving.SnapshotRecord, error) {
	if _, err := s.deps.Store.Fleet(ctx, fleet); err != nil {
		return serving.SnapshotRecord{}, err
	}
	rec, err := s.deps.Store.LatestSnapshot(ctx, fleet)
	if err != nil && s.isNotFound(err) {
		return rec, newProblem(http.StatusNotFound, "not-measured",
			"fleet "+fleet+" was not measured yet; POST "+prefix+"/fleets/"+fleet+"/metrics/collect")
	}
	return rec, err
}

// Measured is a view of the latest measurement.
type Measured[T any] struct {
	Fleet         string    `json:"fleet"`
	SnapshotID    int64     `json:"snapshot_id"`
	TakenAt       time.Time `json:"taken_at"`
	WindowSeconds float64   `json:"window_seconds"`
	Values        T         `json:"values"`
}

func view[T any](s *Server, of func(serving.Snapshot) T) func(context.Context, *FleetPath) (*body[Measured[T]], error) {
	return func(ctx context.Context, in *FleetPath) (*body[Measured[T]], error) {
		rec, err := s.latest(ctx, in.Fleet)
		if err != nil {
			return nil, err
		}
		return answer(Measured[T]{
			Fleet: rec.Fleet, SnapshotID: rec.ID, TakenAt: rec.TakenAt,
			WindowSeconds: rec.Snapshot.WindowSeconds, Values: of(rec.Snapshot),
		}), nil
	}
}
