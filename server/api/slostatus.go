package api

import (
	"context"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// SLOReport is where a fleet stands with its objectives.
type SLOReport struct {
	Fleet    string       `json:"fleet"`
	Source   string       `json:"source" enum:"router,engine,none" doc:"Who saw the requests: the router's last minute, or else the engines' latest measurement."`
	TakenAt  time.Time    `json:"taken_at"`
	Statuses []slo.Status `json:"statuses"`
}

const (
	// statusWindow is the router's last minute: recent, and with enough requests at
	// a few per second to say something about a p95.
	statusWindow = 60
	// statusSamples is the least number of requests worth a judgement; at 20 a p95
	// is the second greatest value.
	statusSamples = 20
)

func (s *Server) sloStatus(ctx context.Context, in *FleetPath) (*body[SLOReport], error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	out, ok := s.statusAtRouter(ctx, f)
	if !ok {
		out, err = s.statusAtEngines(ctx, f)
	}
	return answer(out), err
}

// statusAtRouter judges what users saw of stable; not ok when the router cannot be
// asked or saw nothing.
func (s *Server) statusAtRouter(ctx context.Context, f serving.Fleet) (SLOReport, bool) {
	now := s.deps.Now()
	until := float64(now.UnixMilli()) / 1000
	arms, err := s.deps.Router.Observe(ctx, f, until-statusWindow, until)
	if err != nil {
		s.deps.Log.DebugContext(ctx, "router not observed", "fleet", f.Name, "error", err)
		return SLOReport{}, false
	}
	for _, arm := range arms {
		if arm.Variant == serving.Stable && arm.Requests > 0 {
			return SLOReport{Fleet: f.Name, Source: "router", TakenAt: now.UTC(),
				Statuses: slo.Evaluate(f.SLOs, arm, f.Name, arm.Variant, statusSamples)}, true
		}
	}
	return SLOReport{}, false
}

// statusAtEngines judges the latest measurement; without one there is no data.
func (s *Server) statusAtEngines(ctx context.Context, f serving.Fleet) (SLOReport, error) {
	rec, err := s.deps.Store.LatestSnapshot(ctx, f.Name)
	if err != nil && !s.isNotFound(err) {
		return SLOReport{}, err
	}
	out := SLOReport{Fleet: f.Name, Source: "engine", TakenAt: rec.TakenAt}
	if err != nil {
		out.Source, out.TakenAt = "none", s.deps.Now().UTC()
		rec.Snapshot = serving.Snapshot{Fleet: f.Name, Variant: serving.Stable}
	}
	out.Statuses = slo.FromSnapshot(f.SLOs, rec.Snapshot, statusSamples)
	return out, nil
}
