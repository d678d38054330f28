package api

import (
	"context"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/trend"
)

// TrendsQuery asks where metrics went in a span of time.
type TrendsQuery struct {
	FleetPath
	SeriesQuery
	From time.Time `query:"from" doc:"Earliest, RFC 3339; without it 24 hours before to." example:"2026-11-20T08:00:00Z"`
	To   time.Time `query:"to" doc:"Latest, RFC 3339; without it now." example:"2026-11-20T20:00:00Z"`
}

// Trends are the directions of metrics in a span.
type Trends struct {
	Fleet      string            `json:"fleet"`
	Variant    serving.Variant   `json:"variant"`
	Resolution series.Resolution `json:"resolution" doc:"Of the points that were used."`
	From       time.Time         `json:"from"`
	To         time.Time         `json:"to"`
	Trends     []MetricTrend     `json:"trends"`
}

// MetricTrend is the direction of one metric. Slopes are in its unit.
type MetricTrend struct {
	Metric  string        `json:"metric"`
	Unit    string        `json:"unit"`
	Better  series.Better `json:"better"`
	Meaning Meaning       `json:"meaning,omitempty" doc:"What the direction means; absent where there is none, or where the metric only describes the load."`
	// PointsAtLeast are points whose value is a lower bound.
	PointsAtLeast int         `json:"points_at_least,omitempty" doc:"Points whose quantile lay beyond the last bucket and counts as its bound: the true change may be greater."`
	Trend         trend.Trend `json:"trend"`
}

// Meaning says whether a change is an improvement.
type Meaning string

// Meanings of a change.
const (
	Improved Meaning = "improved"
	Worsened Meaning = "worsened"
)

func (s *Server) registerTrends() {
	handle(s, route{method: http.MethodGet, path: prefix + "/fleets/{fleet}/metrics/trends", id: "metrics-trends", group: "metrics",
		summary: "Which metrics rise or fall: slope with interval, significance, change points"}, s.trends)
}

func (s *Server) trends(ctx context.Context, in *TrendsQuery) (*body[Trends], error) {
	if _, err := s.deps.Store.Fleet(ctx, in.Fleet); err != nil {
		return nil, err
	}
	g, err := s.gather(ctx, in.Fleet, in.SeriesQuery, in.From, in.To)
	if err != nil {
		return nil, err
	}
	out := Trends{Fleet: in.Fleet, Variant: in.variant(), Resolution: g.resolution, From: g.span.from, To: g.span.to, Trends: []MetricTrend{}}
	for _, m := range g.metrics {
		points, atLeast := pointsOf(m, g.rollups)
		t := trend.Analyse(points, trend.DefaultConfig())
		out.Trends = append(out.Trends, MetricTrend{Metric: m.Name, Unit: m.Unit, Better: m.Better,
			Meaning: meaningOf(m.Better, t.Direction), PointsAtLeast: atLeast, Trend: t})
	}
	return answer(out), nil
}

// pointsOf are the stretches in which the metric was measured, and how many of
// them are lower bounds.
func pointsOf(m series.Metric, list []series.Rollup) (points []trend.Point, atLeast int) {
	for _, r := range list {
		v := m.Of(r)
		value, known := v.Get()
		if !known {
			continue
		}
		if v.AtLeast {
			atLeast++
		}
		points = append(points, trend.Point{AtUnix: float64(r.At.UnixMicro()) / 1e6, Value: value})
	}
	return points, atLeast
}

func meaningOf(better series.Better, d trend.Direction) Meaning {
	up := better == series.Higher
	switch {
	case better == series.Neither:
		return ""
	case d == trend.Rising && up, d == trend.Falling && !up:
		return Improved
	case d == trend.Rising, d == trend.Falling:
		return Worsened
	}
	return ""
}
