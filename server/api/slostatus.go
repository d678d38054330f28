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
	Budgets  []slo.Report `json:"budgets" doc:"Each objective over its whole window, by what the monitor counted of stable. Without traffic, or before the fleet was watched, there is no data."`
	Trial    []slo.Report `json:"trial" doc:"The canary and its baseline on short windows, while they have traffic."`
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
		if out, err = s.statusAtEngines(ctx, f); err != nil {
			return nil, err
		}
	}
	out.Budgets, out.Trial, err = s.budgets(ctx, f)
	return answer(out), err
}

// trialWindow is how far back a variant on trial must have been counted to be
// reported: the longest of its windows.
const trialWindow = 30 * time.Minute

// budgets report the fleet's objectives on what was counted.
func (s *Server) budgets(ctx context.Context, f serving.Fleet) (budgets, trial []slo.Report, err error) {
	budgets, trial = []slo.Report{}, []slo.Report{}
	now := s.deps.Now()
	reach := max(trialWindow, time.Duration(slo.LongestPeriod(f.SLOs)*float64(time.Second)))
	tallies, err := s.deps.Store.SLOTallies(ctx, f.Name, now.Add(-reach))
	if err != nil {
		return nil, nil, err
	}
	at := float64(now.UnixMilli()) / 1000
	for _, o := range f.SLOs {
		budgets = append(budgets, slo.ReportOf(o, serving.Stable, tallies, at))
		for _, v := range []serving.Variant{serving.Canary, serving.Baseline} {
			if r := slo.CanaryReportOf(o, v, tallies, at); !r.Budget.NoData {
				trial = append(trial, r)
			}
		}
	}
	return budgets, trial, nil
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
