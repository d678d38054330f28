package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/trend"
)

// LevelStore has what a fleet was accepted at: its last promotion, and the
// measurements since.
type LevelStore interface {
	LastPromotion(ctx context.Context, fleet string) (serving.RolloutRecord, bool, error)
	Rollups(ctx context.Context, fleet string, variant serving.Variant, res series.Resolution, from, to time.Time, limit int) ([]series.Rollup, error)
}

// Regressions compares a fleet with the level at which it was accepted.
type Regressions struct{ store LevelStore }

// NewRegressions returns the comparing activity.
func NewRegressions(store LevelStore) *Regressions { return &Regressions{store: store} }

// CheckRegressionInput names a fleet; WindowSeconds is the length of both windows.
type CheckRegressionInput struct {
	Fleet         serving.Fleet `json:"fleet"`
	WindowSeconds float64       `json:"window_seconds"`
	NowUnix       float64       `json:"now_unix"`
}

// CheckRegressionResult is the metric that changed most for the worse. Change is
// its relative change, AtLeast the lower end of its interval; both are 0 when
// nothing could be compared, and Reason says why or on what they rest.
type CheckRegressionResult struct {
	Compared bool    `json:"compared"`
	Metric   string  `json:"metric,omitempty"`
	Change   float64 `json:"change"`
	AtLeast  float64 `json:"at_least"`
	Reason   string  `json:"reason"`
}

// maxLoadGrowth is how much the request rate may have grown for a fleet still to
// be held to its old latency: more load is no regression.
const maxLoadGrowth = 1.25

// CheckRegression sets the minutes after the last promotion against the latest
// ones. A fleet that was never promoted, or that carries more load than then, has
// no level to be held to.
func (a *Regressions) CheckRegression(ctx context.Context, in CheckRegressionInput) (CheckRegressionResult, error) {
	promotion, found, err := a.store.LastPromotion(ctx, in.Fleet.Name)
	if err != nil {
		return CheckRegressionResult{}, translate(err)
	}
	now := time.UnixMicro(int64(in.NowUnix * 1e6)).UTC()
	window := seconds(in.WindowSeconds)
	switch {
	case !found || promotion.ClosedAt == nil || !promotion.To.Equal(in.Fleet.Config):
		return CheckRegressionResult{Reason: "no promotion to the present configuration is recorded"}, nil
	case now.Sub(*promotion.ClosedAt) < 2*window:
		return CheckRegressionResult{Reason: "the last promotion is too recent"}, nil
	}
	accepted, err := a.minutes(ctx, in.Fleet.Name, *promotion.ClosedAt, promotion.ClosedAt.Add(window))
	if err != nil {
		return CheckRegressionResult{}, translate(err)
	}
	latest, err := a.minutes(ctx, in.Fleet.Name, now.Add(-window), now)
	if err != nil {
		return CheckRegressionResult{}, translate(err)
	}
	return compareLevels(in.Fleet, accepted, latest)
}

func (a *Regressions) minutes(ctx context.Context, fleet string, from, to time.Time) ([]series.Rollup, error) {
	return a.store.Rollups(ctx, fleet, serving.Stable, series.Minute, from, to, int(to.Sub(from)/time.Minute)+1)
}

// compareLevels finds the metric that got worse by the surest margin.
func compareLevels(fleet serving.Fleet, accepted, latest []series.Rollup) (CheckRegressionResult, error) {
	load, err := compareMetric("requests_per_second", accepted, latest)
	if err != nil {
		return CheckRegressionResult{}, err
	}
	if growth := load.RelativeChange.Or(0); growth > maxLoadGrowth-1 {
		return CheckRegressionResult{Reason: fmt.Sprintf("the load is %.0f%% higher than when the fleet was accepted", 100*growth)}, nil
	}
	out := CheckRegressionResult{Reason: "too few minutes were measured"}
	for _, name := range levelMetrics(fleet.SLOs) {
		c, err := compareMetric(name, accepted, latest)
		if err != nil {
			return out, err
		}
		before := c.Before.Median.Or(0)
		if c.Direction == trend.InsufficientData || before <= 0 {
			continue
		}
		if least := c.DifferenceLow.Or(0) / before; !out.Compared || least > out.AtLeast {
			out = CheckRegressionResult{Compared: true, Metric: name, Change: c.RelativeChange.Or(0), AtLeast: least, Reason: name + " " + c.Reason}
		}
	}
	return out, nil
}

// levelMetrics are the latencies that the fleet has objectives on, and the whole
// request's for one without any.
func levelMetrics(objectives []serving.Objective) []string {
	seen := map[serving.Metric]bool{}
	for _, o := range objectives {
		seen[o.Metric] = true
	}
	var out []string
	for _, m := range []struct {
		metric serving.Metric
		name   string
	}{{serving.MetricTTFT, "ttft_p95_seconds"}, {serving.MetricITL, "itl_p95_seconds"}, {serving.MetricE2E, "e2e_p95_seconds"}} {
		if seen[m.metric] {
			out = append(out, m.name)
		}
	}
	if len(out) == 0 {
		return []string{"e2e_p95_seconds"}
	}
	return out
}

func compareMetric(name string, accepted, latest []series.Rollup) (trend.Comparison, error) {
	m, err := series.Lookup(name)
	if err != nil {
		return trend.Comparison{}, err
	}
	return trend.Compare(pointsOf(m, accepted), pointsOf(m, latest), trend.DefaultConfig()), nil
}

func pointsOf(m series.Metric, list []series.Rollup) []trend.Point {
	var out []trend.Point
	for _, r := range list {
		value := m.Of(r)
		if v, known := value.Get(); known {
			out = append(out, trend.Point{AtUnix: float64(r.At.UnixMicro()) / 1e6, Value: v})
		}
	}
	return out
}
