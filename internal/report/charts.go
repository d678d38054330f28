package report

import (
	"fmt"
	"html/template"

	"github.com/optiinfra/performance-agent/internal/page"
	"github.com/optiinfra/performance-agent/internal/plot"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Looks of the two sides, the same in every chart.
const (
	lookBefore = 0
	lookAfter  = 1
)

// Figure is a chart with its caption.
type Figure struct {
	Caption string
	SVG     template.HTML
}

// svg marks a chart as safe: package plot escapes all words in it.
func svg(s string) template.HTML { return template.HTML(s) }

// rateFigure is the highest rate of both sides with what bounds it.
func (c Compared) rateFigure() Figure {
	rows := plot.Rows{Title: "Highest rate within the objectives", Desc: "Before and after, with bounds",
		Axis: plot.Axis{Label: "requests/s a replica"}}
	for i, s := range []Side{c.Before, c.After} {
		row := plot.Row{Label: sideName(i), Look: i, Note: page.Rate(s.HighestRate),
			Ticks: []plot.Tick{{Value: s.HighestRate, Hint: page.Rate(s.HighestRate) + " requests/s kept all objectives"}}}
		row.Bounded, row.Low = true, s.HighestRate
		if high, known := s.FailsAt.Get(); known {
			row.High = high
		} else {
			row.OpenEnd, row.Note = true, page.Rate(s.HighestRate)+" or more"
		}
		rows.Rows = append(rows.Rows, row)
	}
	return Figure{"Highest rate that keeps the objectives; the band reaches to the lowest rate that broke one", svg(rows.SVG())}
}

func sideName(i int) string { return []string{"Before", "After"}[i] }

// latencyFigures are the distributions at today's rate.
func (c Compared) latencyFigures() []Figure {
	var out []Figure
	for i, l := range c.Before.Latencies {
		if l.Summary.Count == 0 || c.After.Latencies[i].Summary.Count == 0 {
			continue
		}
		rows := plot.Rows{Title: MetricWord(l.Metric) + " at today's rate", Desc: "50th, 90th, 95th and 99th percentile before and after",
			Axis: plot.Axis{Label: MetricWord(l.Metric), Text: page.SecondsTick}, Limit: limitOf(c.objectives, l.Metric)}
		for side, s := range []serving.LatencySummary{l.Summary, c.After.Latencies[i].Summary} {
			rows.Rows = append(rows.Rows, latencyRowOf(side, s))
		}
		out = append(out, Figure{fmt.Sprintf("%s at %s requests/s, by percentile", MetricWord(l.Metric), page.Rate(c.Before.Rate)), svg(rows.SVG())})
	}
	return out
}

func latencyRowOf(side int, s serving.LatencySummary) plot.Row {
	row := plot.Row{Label: sideName(side), Look: side, Low: s.P95Low, High: s.P95High, Bounded: s.P95High > s.P95Low, Note: "p95 " + page.Seconds(s.P95Seconds)}
	for _, q := range []struct {
		name  string
		value float64
	}{{"p50", s.P50Seconds}, {"p90", s.P90Seconds}, {"p95", s.P95Seconds}, {"p99", s.P99Seconds}} {
		row.Ticks = append(row.Ticks, plot.Tick{Value: q.value, Name: q.name, Main: q.name == "p95", Hint: q.name + " " + page.Seconds(q.value)})
	}
	return row
}

// limitOf is the objective's threshold on a metric, nil without one.
func limitOf(objectives []serving.Objective, m serving.Metric) *plot.Line {
	for _, o := range objectives {
		if o.Metric == m {
			return &plot.Line{At: o.Threshold, Label: fmt.Sprintf("objective (p%g) %s", 100*o.Quantile, page.SecondsTick(o.Threshold))}
		}
	}
	return nil
}

// ladderFigures are goodput and the latencies with objectives over the rate sent.
func (c Compared) ladderFigures() []Figure {
	goodput := plot.Chart{Title: "Goodput over the rate sent", Desc: "Requests a second that met all objectives; a cross broke one",
		X: plot.Axis{Label: "requests/s sent to a replica"}, Y: plot.Axis{Label: "within objectives, requests/s"},
		Series: c.ladderSeries(func(r Rung) (plot.Point, bool) {
			return plot.Point{Y: r.Goodput, Hint: fmt.Sprintf("%s sent, %s within the objectives", page.Rate(r.Rate), page.Rate(r.Goodput))}, true
		})}
	out := []Figure{{"Ladder: goodput over the rate sent (a cross broke an objective)", svg(goodput.SVG())}}
	for _, o := range c.objectives {
		if !o.IsLatency() {
			continue
		}
		chart := plot.Chart{Title: MetricWord(o.Metric) + " p95 over the rate sent", Desc: "With 95% bounds; a cross broke an objective",
			X: plot.Axis{Label: "requests/s sent to a replica"}, Y: plot.Axis{Label: MetricWord(o.Metric) + " p95", Text: page.SecondsTick},
			Lines: []plot.Line{{At: o.Threshold, Label: "objective " + page.SecondsTick(o.Threshold)}},
			Series: c.ladderSeries(func(r Rung) (plot.Point, bool) {
				s := r.summary(o.Metric)
				return plot.Point{Y: s.P95Seconds, Low: s.P95Low, High: s.P95High, Bounded: s.P95High > s.P95Low,
					Hint: fmt.Sprintf("%s at %s requests/s", page.Seconds(s.P95Seconds), page.Rate(r.Rate))}, s.Count > 0
			})}
		out = append(out, Figure{fmt.Sprintf("Ladder: %s p95 over the rate sent", MetricWord(o.Metric)), svg(chart.SVG())})
	}
	return out
}

func (r Rung) summary(m serving.Metric) serving.LatencySummary {
	return summaryOf(serving.ArmSummary{TTFT: r.TTFT, ITL: r.ITL, E2E: r.E2E}, m)
}

// ladderSeries are both sides' rungs in the order of their rates.
func (c Compared) ladderSeries(of func(Rung) (plot.Point, bool)) []plot.Series {
	var out []plot.Series
	for i, s := range []Side{c.Before, c.After} {
		series := plot.Series{Name: sideName(i), Look: i, Joined: true}
		for _, r := range byRate(s.Rungs) {
			p, ok := of(r)
			if !ok || r.Verdict == serving.RungInvalid {
				continue
			}
			p.X, p.Hollow = r.Rate, r.Verdict == serving.RungFail
			series.Points = append(series.Points, p)
		}
		out = append(out, series)
	}
	return out
}
