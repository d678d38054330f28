package api

import (
	"context"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// SeriesQuery chooses series of a fleet.
type SeriesQuery struct {
	Variant    string   `query:"variant" enum:"stable,canary,baseline,staging" doc:"Whose measurements; stable where nothing is said. Stable is what production runs."`
	Resolution string   `query:"resolution" enum:"auto,raw,1m,1h" doc:"raw: one point a snapshot; 1m, 1h: merged by minute or hour, with percentiles of all their requests. The present minute or hour is not there yet. auto: the finest that is kept for the whole span and is not too long: raw up to 2 hours, 1m up to 48 hours, else 1h."`
	Metric     []string `query:"metric" maxItems:"32" doc:"Comma-separated names; without it all of them." example:"[\"ttft_p95_seconds\",\"waiting\"]"`
}

func (q SeriesQuery) variant() serving.Variant {
	if q.Variant == "" {
		return serving.Stable
	}
	return serving.Variant(q.Variant)
}

// metrics are those that were asked for, in that order.
func (q SeriesQuery) metrics() ([]series.Metric, error) {
	if len(q.Metric) == 0 {
		return series.Metrics(), nil
	}
	out := make([]series.Metric, 0, len(q.Metric))
	for i, name := range q.Metric {
		m, err := series.Lookup(name)
		if err != nil {
			return nil, invalid(fmt.Sprintf("query.metric[%d]", i), err.Error(), "")
		}
		out = append(out, m)
	}
	return out, nil
}

// span is a stretch of time that was asked for, both ends included.
type span struct {
	from, to time.Time
	field    string // of its beginning, for problems
}

func (p span) length() time.Duration { return p.to.Sub(p.from) }

func (p span) check(end string) error {
	if !p.from.Before(p.to) {
		return invalid(p.field, "must be before "+end, "give the earlier time first, both in RFC 3339")
	}
	return nil
}

// Spans up to which a finer resolution is used: some hundred points to some
// thousand, which is what a chart shows and a trend needs, and what can be read
// in tens of milliseconds.
const (
	rawSpan    = 2 * time.Hour
	minuteSpan = 48 * time.Hour
)

// maxStretches bounds what one answer is computed from: 400 days by the hour.
const maxStretches = 10_000

// resolution is the one asked for, or for auto the finest that fits all spans.
func (s *Server) resolution(ctx context.Context, q SeriesQuery, spans ...span) (series.Resolution, error) {
	if q.Resolution != "" && q.Resolution != "auto" {
		return series.ParseResolution(q.Resolution)
	}
	for _, r := range []struct {
		res     series.Resolution
		longest time.Duration
	}{{series.Raw, rawSpan}, {series.Minute, minuteSpan}} {
		since, err := s.deps.Store.KeptSince(ctx, r.res)
		if err != nil {
			return "", err
		}
		fits := true
		for _, p := range spans {
			fits = fits && p.length() <= r.longest && !p.from.Before(since)
		}
		if fits {
			return r.res, nil
		}
	}
	return series.Hour, nil
}

// rollups reads a span at a resolution.
func (s *Server) rollups(ctx context.Context, fleet string, q SeriesQuery, res series.Resolution, p span) ([]series.Rollup, error) {
	list, err := s.deps.Store.Rollups(ctx, fleet, q.variant(), res, p.from, p.to, maxStretches+1)
	if err != nil {
		return nil, err
	}
	if len(list) > maxStretches {
		return nil, invalid(p.field, fmt.Sprintf("the span holds more than %d points at resolution %s", maxStretches, res),
			"ask for a shorter span, or for a coarser resolution")
	}
	return list, nil
}

// spanOf is the span that was asked for, or its default.
func (s *Server) spanOf(from, to time.Time) (span, error) {
	p := span{from: from.UTC(), to: to.UTC(), field: "query.from"}
	if to.IsZero() {
		p.to = s.deps.Now().UTC()
	}
	if from.IsZero() {
		p.from = p.to.Add(-defaultSpan)
	}
	return p, p.check("to")
}

// gathered is what a question about series is answered from.
type gathered struct {
	metrics    []series.Metric
	span       span
	resolution series.Resolution
	rollups    []series.Rollup
}

// gather reads the stretches of one span at the resolution that fits it.
func (s *Server) gather(ctx context.Context, fleet string, q SeriesQuery, from, to time.Time) (g gathered, err error) {
	if g.metrics, err = q.metrics(); err != nil {
		return g, err
	}
	if g.span, err = s.spanOf(from, to); err != nil {
		return g, err
	}
	if g.resolution, err = s.resolution(ctx, q, g.span); err != nil {
		return g, err
	}
	g.rollups, err = s.rollups(ctx, fleet, q, g.resolution, g.span)
	return g, err
}
