package api

import (
	"context"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// HistoryQuery asks for the snapshots of a fleet, or for series over time.
type HistoryQuery struct {
	FleetPath
	CursorQuery
	SeriesQuery
	From time.Time `query:"from" doc:"Earliest, RFC 3339. Series without it begin 24 hours before to."`
	To   time.Time `query:"to" doc:"Latest, RFC 3339. Series without it end now."`
}

// wantsSeries tells the two answers apart; neither given is the list of
// snapshots, as it always was.
func (q HistoryQuery) wantsSeries() bool { return q.Resolution != "" || len(q.Metric) > 0 }

// HistoryAnswer is a page of snapshots, newest first, or series over time.
type HistoryAnswer struct {
	Items []serving.SnapshotRecord `json:"items" doc:"Snapshots, newest first; empty where series were asked for."`
	Next  string                   `json:"next_cursor,omitempty"`

	Series     []Series          `json:"series,omitempty" doc:"One for each metric, where metric or resolution was given."`
	Variant    serving.Variant   `json:"variant,omitempty"`
	Resolution series.Resolution `json:"resolution,omitempty" doc:"The one that was used."`
	From       *time.Time        `json:"from,omitempty"`
	To         *time.Time        `json:"to,omitempty"`
}

// Series is one metric over time.
type Series struct {
	Metric string        `json:"metric"`
	Unit   string        `json:"unit"`
	Better series.Better `json:"better" doc:"In which direction the metric improves."`
	Points []SeriesPoint `json:"points" doc:"In the order of time. A stretch without a snapshot has no point; one in which the metric was not measured is null. Nothing is interpolated."`
}

// SeriesPoint is a metric of one stretch.
type SeriesPoint struct {
	At              time.Time       `json:"at" doc:"Beginning of the stretch, or when the snapshot was taken."`
	Value           serving.Measure `json:"value"`
	Max             *float64        `json:"max,omitempty" doc:"Greatest level in the stretch, of gauges."`
	AtLeast         bool            `json:"at_least,omitempty" doc:"The quantile lies beyond the last bucket: the true value is greater."`
	Snapshots       int             `json:"snapshots"`
	ObservedSeconds float64         `json:"observed_seconds" doc:"How long the snapshots' windows are together."`
}

// defaultSpan is a day: it holds the rhythm of the traffic once.
const defaultSpan = 24 * time.Hour

func (s *Server) registerHistory() {
	handle(s, route{method: http.MethodGet, path: prefix + "/fleets/{fleet}/metrics/history", id: "metrics-history", group: "metrics",
		summary: "Measurements, newest first; or series of metrics at a resolution"}, s.history)
}

func (s *Server) history(ctx context.Context, in *HistoryQuery) (*body[HistoryAnswer], error) {
	if _, err := s.deps.Store.Fleet(ctx, in.Fleet); err != nil {
		return nil, err
	}
	if in.wantsSeries() {
		return s.seriesHistory(ctx, in)
	}
	q := in.query()
	q.Fleet, q.From, q.To, q.Variant = in.Fleet, in.From, in.To, in.Variant
	page, err := s.deps.Store.ListSnapshots(ctx, q)
	return answer(HistoryAnswer{Items: page.Items, Next: page.Next}), err
}

func (s *Server) seriesHistory(ctx context.Context, in *HistoryQuery) (*body[HistoryAnswer], error) {
	g, err := s.gather(ctx, in.Fleet, in.SeriesQuery, in.From, in.To)
	if err != nil {
		return nil, err
	}
	out := HistoryAnswer{Items: []serving.SnapshotRecord{}, Variant: in.variant(), Resolution: g.resolution, From: &g.span.from, To: &g.span.to}
	for _, m := range g.metrics {
		out.Series = append(out.Series, seriesOf(m, g.rollups))
	}
	return answer(out), nil
}

func seriesOf(m series.Metric, list []series.Rollup) Series {
	out := Series{Metric: m.Name, Unit: m.Unit, Better: m.Better, Points: make([]SeriesPoint, 0, len(list))}
	for _, r := range list {
		v := m.Of(r)
		point := SeriesPoint{At: r.At, Value: v.Measure, AtLeast: v.AtLeast, Snapshots: r.Snapshots, ObservedSeconds: r.Seconds}
		if greatest, ok := v.Max.Get(); ok {
			point.Max = &greatest
		}
		out.Points = append(out.Points, point)
	}
	return out
}
