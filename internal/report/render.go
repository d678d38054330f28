package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/page"
	"github.com/optiinfra/performance-agent/internal/plot"
	"github.com/optiinfra/performance-agent/internal/serving"
)

//go:embed report.html
var source string

// Renderer writes reports as pages.
type Renderer struct {
	look     page.Look
	template *template.Template
}

// NewRenderer prepares the page; an error is one of the page itself.
func NewRenderer() (*Renderer, error) {
	funcs := page.Funcs()
	for name, f := range map[string]any{
		"metric": MetricWord, "objective": objectiveText, "shell": shell, "value": rowValue, "bounds": rowBounds, "better": better, "ratio": ratioText,
		"tone": tone, "arm": summaryOf, "add": func(a, b float64) float64 { return a + b }, "flagside": flagSide, "sentence": sentence,
		"raw": raw, "side": func(name string, r Rung) sideRung { return sideRung{name, r} },
	} {
		funcs[name] = f
	}
	t, err := template.New("report").Funcs(funcs).Parse(source)
	if err != nil {
		return nil, fmt.Errorf("parse the page: %w", err)
	}
	return &Renderer{look: page.NewLook(plot.Style(), "", false), template: t}, nil
}

// Policy is the content policy that the page needs.
func (r *Renderer) Policy() string { return r.look.Policy }

// view is the report with its charts.
type view struct {
	Report
	Look                                 page.Look
	Rates                                *Figure
	Latencies, Ladders, Stages, Budgeted []Figure
	Latency                              []serving.Metric // of the stages' table
	JSON                                 string
}

// Render writes the page; links are relative to the page's own address.
func (r *Renderer) Render(w io.Writer, rep Report) error {
	v := view{Report: rep, Look: r.look, JSON: "report.json",
		Latency: []serving.Metric{serving.MetricTTFT, serving.MetricITL, serving.MetricE2E}}
	if c := rep.Compared; c != nil {
		c.objectives = rep.Objectives // a report that came as JSON has none here
		rates := c.rateFigure()
		v.Rates, v.Latencies, v.Ladders = &rates, c.latencyFigures(), c.ladderFigures()
	}
	if rep.Rollout != nil {
		v.Stages = stageFigures(*rep.Rollout, rep.Objectives)
	}
	for _, b := range rep.Budgets {
		if b.Missed.IsKnown() {
			v.Budgeted = append(v.Budgeted, budgetFigure(rep, b))
		}
	}
	if err := r.template.Execute(w, v); err != nil {
		return fmt.Errorf("render the report: %w", err)
	}
	return nil
}

// tone is the class of a pill.
func tone(word any) string {
	switch fmt.Sprint(word) {
	case "promoted", "pass", "measured", "advised":
		return "good"
	case "rolled_back", "fail", "failed", "critical", "high":
		return "bad"
	case "inconclusive", "insufficient-data", "refused", "rejected", "canceled", "medium", "infeasible_slo":
		return "warn"
	}
	return ""
}

// write is how the numbers of a kind of row are written.
func write(kind string) func(float64) string {
	switch kind {
	case "seconds":
		return page.Seconds
	case "share":
		return page.Percent
	case "cost":
		return func(v float64) string { return fmt.Sprintf("%.2f", v) }
	}
	return page.Rate
}

func rowValue(kind string, m serving.Measure) string { return page.Measured(m, write(kind)) }

// rowBounds writes bounds, open where nothing is known to be one.
func rowBounds(kind string, low, high serving.Measure) string {
	switch {
	case !low.IsKnown() && !high.IsKnown():
		return ""
	case !high.IsKnown():
		return "at least " + rowValue(kind, low)
	}
	return rowValue(kind, low) + " to " + rowValue(kind, high)
}

// better says whether a row's change is one for the better, "" where it is neither.
func better(r Row) string {
	ratio, known := r.Ratio.Get()
	switch {
	case !known || ratio > 0.98 && ratio < 1.02:
		return ""
	case (ratio < 1) == r.LessIsBetter:
		return "good"
	}
	return "bad"
}

// ratioText writes a change: a factor for rates, a share for the rest.
func ratioText(r Row) string {
	ratio, known := r.Ratio.Get()
	switch {
	case !known:
		return page.Absent
	case r.Kind == "rate":
		return fmt.Sprintf("%.2f×", ratio)
	case ratio < 1:
		return page.Percent(1-ratio) + " less"
	}
	return page.Percent(ratio-1) + " more"
}

// raw is a measure for a script that sorts, "" where it is unknown.
func raw(m serving.Measure) string {
	return strings.TrimPrefix(page.Measured(m, func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }), page.Absent)
}

// sideRung is a line of the rungs' table.
type sideRung struct {
	Side string
	Rung Rung
}

// flagSide is one side of a flag: a bare switch has no value, and what is not set
// says so.
func flagSide(v *string) string {
	switch {
	case v == nil:
		return "(not set)"
	case strings.TrimSpace(*v) == "":
		return "(set)"
	}
	return *v
}
