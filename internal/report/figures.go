package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/page"
	"github.com/optiinfra/performance-agent/internal/plot"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func byRate(list []Rung) []Rung {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b Rung) int { return cmp.Compare(a.Rate, b.Rate) })
	return out
}

// stageFigures are both arms' latencies with objectives, stage by stage.
func stageFigures(s RolloutStory, objectives []serving.Objective) []Figure {
	var out []Figure
	for _, o := range objectives {
		if !o.IsLatency() || len(s.Stages) == 0 {
			continue
		}
		canary := plot.Series{Name: "Canary (new)", Look: lookAfter, Joined: true}
		other := plot.Series{Name: "Baseline (old)", Look: lookBefore, Joined: true}
		chart := plot.Chart{Title: MetricWord(o.Metric) + " p95 by stage", Desc: "Canary and baseline with 95% bounds",
			X: plot.Axis{Label: "share of production traffic on the canary"}, Y: plot.Axis{Label: MetricWord(o.Metric) + " p95", Text: page.SecondsTick}}
		for i, st := range s.Stages {
			chart.X.Names = append(chart.X.Names, fmt.Sprintf("%d%%", st.Weight))
			canary.Points = appendArm(canary.Points, i, st.Canary, o.Metric)
			other.Points = appendArm(other.Points, i, st.Other, o.Metric)
		}
		chart.Series = []plot.Series{canary, other}
		caption := fmt.Sprintf("%s p95 on production traffic, with 95%% bounds", MetricWord(o.Metric))
		if most := greatest(canary.Points, other.Points); o.Threshold <= 3*most {
			chart.Lines = []plot.Line{{At: o.Threshold, Label: "objective " + page.SecondsTick(o.Threshold)}}
		} else {
			caption += fmt.Sprintf("; the objective, %s, is far above", page.SecondsTick(o.Threshold))
		}
		out = append(out, Figure{caption, svg(chart.SVG())})
	}
	return out
}

func appendArm(list []plot.Point, stage int, arm serving.ArmSummary, m serving.Metric) []plot.Point {
	s := summaryOf(arm, m)
	if s.Count == 0 {
		return list
	}
	return append(list, plot.Point{X: float64(stage), Y: s.P95Seconds, Low: s.P95Low, High: s.P95High, Bounded: s.P95High > s.P95Low,
		Hint: fmt.Sprintf("%s: p95 %s of %d requests", arm.Variant, page.Seconds(s.P95Seconds), s.Count)})
}

func greatest(lists ...[]plot.Point) float64 {
	most := 0.0
	for _, l := range lists {
		for _, p := range l {
			most = max(most, p.Y, p.High)
		}
	}
	return most
}

// budgetFigure is the share of bad events over the run's time.
func budgetFigure(r Report, b BudgetDuring) Figure {
	series := plot.Series{Look: lookAfter, Joined: true, Plain: len(b.Series) > 40}
	for _, s := range b.Series {
		if total := s.Good + s.Bad; total > 0 {
			at := max(0, s.AtSeconds+s.Seconds/2) / 60
			series.Points = append(series.Points, plot.Point{X: at, Y: s.Bad / total,
				Hint: fmt.Sprintf("%s of %s %s missed it", page.Count(s.Bad), page.Count(total), b.Counts)})
		}
	}
	chart := plot.Chart{Title: "Share of " + b.Counts + " that missed " + b.Objective.Name, Desc: "Over the run's time", Height: 200,
		X: plot.Axis{Label: "minutes since the run began", Max: r.Seconds / 60}, Y: plot.Axis{Label: "missed", Text: page.Percent},
		Series: []plot.Series{series}, Lines: []plot.Line{{At: b.Share, Label: "allowed " + page.Percent(b.Share)}}}
	if ro := r.Rollout; ro != nil {
		chart.Lines = append(chart.Lines, plot.Line{Vertical: true, Quiet: true, At: ro.StartedAt.Sub(r.StartedAt).Minutes(), Label: "rollout begins"})
	}
	return Figure{fmt.Sprintf("%s: share of %s that missed it while the run was open", objectiveText(b.Objective), b.Counts), svg(chart.SVG())}
}
