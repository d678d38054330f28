package api

import (
	"context"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/trend"
)

// WindowsQuery names two windows of time.
type WindowsQuery struct {
	FleetPath
	SeriesQuery
	BeforeFrom time.Time `query:"before_from" required:"true" doc:"RFC 3339." example:"2026-11-20T08:00:00Z"`
	BeforeTo   time.Time `query:"before_to" required:"true" doc:"RFC 3339." example:"2026-11-20T09:00:00Z"`
	AfterFrom  time.Time `query:"after_from" required:"true" doc:"RFC 3339." example:"2026-11-20T09:10:00Z"`
	AfterTo    time.Time `query:"after_to" required:"true" doc:"RFC 3339." example:"2026-11-20T10:10:00Z"`
}

// WindowsComparison is how metrics differ between two windows.
type WindowsComparison struct {
	Fleet       string             `json:"fleet"`
	Variant     serving.Variant    `json:"variant"`
	Resolution  series.Resolution  `json:"resolution" doc:"Of the points that were compared."`
	BeforeFrom  time.Time          `json:"before_from"`
	BeforeTo    time.Time          `json:"before_to"`
	AfterFrom   time.Time          `json:"after_from"`
	AfterTo     time.Time          `json:"after_to"`
	Comparisons []MetricComparison `json:"comparisons"`
}

// MetricComparison is how one metric differs between two windows.
type MetricComparison struct {
	Metric  string        `json:"metric"`
	Unit    string        `json:"unit"`
	Better  series.Better `json:"better"`
	Meaning Meaning       `json:"meaning,omitempty" doc:"What the difference means; absent where none is shown, or where the metric only describes the load."`
	// Pooled values are of the window as a whole: a percentile of all its
	// requests, a rate over all its observed time.
	PooledBefore  serving.Measure  `json:"pooled_before" doc:"The metric of the whole window: a percentile of all its requests, a rate over all of its observed time."`
	PooledAfter   serving.Measure  `json:"pooled_after"`
	PointsAtLeast int              `json:"points_at_least,omitempty" doc:"Points whose quantile lay beyond the last bucket and counts as its bound."`
	Comparison    trend.Comparison `json:"comparison" doc:"Of the points of both windows, as a distribution."`
}

func (s *Server) registerWindows() {
	handle(s, route{method: http.MethodGet, path: prefix + "/fleets/{fleet}/metrics/compare", id: "metrics-compare", group: "metrics",
		summary: "Before and after: how metrics differ between two windows, with interval and significance"}, s.compareWindows)
}

func (q WindowsQuery) spans() (before, after span, err error) {
	before = span{from: q.BeforeFrom.UTC(), to: q.BeforeTo.UTC(), field: "query.before_from"}
	after = span{from: q.AfterFrom.UTC(), to: q.AfterTo.UTC(), field: "query.after_from"}
	switch {
	case before.check("before_to") != nil:
		err = before.check("before_to")
	case after.check("after_to") != nil:
		err = after.check("after_to")
	case before.from.Before(after.to) && after.from.Before(before.to):
		err = invalid("query.after_from", "the windows overlap, so some points would be on both sides", "begin the one where the other has ended")
	}
	return before, after, err
}

func (s *Server) compareWindows(ctx context.Context, in *WindowsQuery) (*body[WindowsComparison], error) {
	if _, err := s.deps.Store.Fleet(ctx, in.Fleet); err != nil {
		return nil, err
	}
	metrics, err := in.metrics()
	if err != nil {
		return nil, err
	}
	before, after, err := in.spans()
	if err != nil {
		return nil, err
	}
	res, err := s.resolution(ctx, in.SeriesQuery, before, after)
	if err != nil {
		return nil, err
	}
	then, err := s.rollups(ctx, in.Fleet, in.SeriesQuery, res, before)
	if err != nil {
		return nil, err
	}
	now, err := s.rollups(ctx, in.Fleet, in.SeriesQuery, res, after)
	if err != nil {
		return nil, err
	}
	out := WindowsComparison{Fleet: in.Fleet, Variant: in.variant(), Resolution: res,
		BeforeFrom: before.from, BeforeTo: before.to, AfterFrom: after.from, AfterTo: after.to,
		Comparisons: compared(metrics, then, now)}
	return answer(out), nil
}

func compared(metrics []series.Metric, before, after []series.Rollup) []MetricComparison {
	wholeBefore, wholeAfter := series.Merge(time.Time{}, before...), series.Merge(time.Time{}, after...)
	out := make([]MetricComparison, 0, len(metrics))
	for _, m := range metrics {
		then, boundedThen := pointsOf(m, before)
		now, boundedNow := pointsOf(m, after)
		c := trend.Compare(then, now, trend.DefaultConfig())
		out = append(out, MetricComparison{Metric: m.Name, Unit: m.Unit, Better: m.Better, Meaning: meaningOf(m.Better, c.Direction),
			PooledBefore: m.Of(wholeBefore).Measure, PooledAfter: m.Of(wholeAfter).Measure,
			PointsAtLeast: boundedThen + boundedNow, Comparison: c})
	}
	return out
}
