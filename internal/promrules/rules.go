package promrules

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// Input is what rules are written for.
type Input struct {
	Fleet      string
	Engine     serving.EngineKind
	Objectives []serving.Objective
	Indicators engine.Indicators
	// Matchers pick the fleet's series, for example `job="chat"`.
	Matchers []string
	// Bounds are the upper ends of the engine's buckets by metric, in seconds.
	Bounds map[serving.Metric][]float64
}

// Names of what is recorded, before the window. The labels fleet and slo tell one
// objective's from another's.
const (
	recordBad    = "slo:sli_bad:ratio_rate"  // share of bad events
	recordEvents = "slo:sli_events:rate"     // events a second
	recordBroken = "slo:sli_broken:rate1m"   // 1 where the last minute broke the objective
	alertName    = "PerformanceAgentSLOBurn" // one for each pair of windows
)

// minEvents is how many requests the short window of an alert must hold, as in
// package slo.
const minEvents = 20

type file struct {
	Groups []group `yaml:"groups"`
}

type group struct {
	Name  string `yaml:"name"`
	Rules []rule `yaml:"rules"`
}

type rule struct {
	Record      string            `yaml:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// Write gives a rules file. skipped names the objectives that have none, with the
// reason, as the file's comments do.
func Write(in Input) (text []byte, skipped []string, err error) {
	var out file
	for _, o := range in.Objectives {
		rules, why := in.rulesOf(o)
		if why != "" {
			skipped = append(skipped, o.Name+": "+why)
			continue
		}
		out.Groups = append(out.Groups, group{Name: fmt.Sprintf("performance-agent-%s-%s", in.Fleet, o.Name), Rules: rules})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Objectives of fleet %s on the metrics of %s.\n", in.Fleet, in.Engine)
	for _, s := range skipped {
		fmt.Fprintf(&b, "# No rules for %s\n", strings.ReplaceAll(s, "\n", " "))
	}
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(out); err != nil {
		return nil, nil, fmt.Errorf("write rules of %s: %w", in.Fleet, err)
	}
	return b.Bytes(), skipped, encoder.Close()
}

// rulesOf are the rules of one objective, or why it has none.
func (in Input) rulesOf(o serving.Objective) ([]rule, string) {
	source, why := in.sourceOf(o)
	if why != "" {
		return nil, why
	}
	labels := map[string]string{"fleet": in.Fleet, "slo": o.Name}
	pairs := slo.PairsOf(o)
	var out []rule
	if slo.ByTime(o) {
		out = append(out, rule{Record: recordBroken, Labels: labels,
			Expr: fmt.Sprintf("(%s) > bool %s", source.badShare("1m"), number(o.AllowedShare()))})
	}
	for _, w := range windowsOf(pairs) {
		bad := source.badShare(w)
		if slo.ByTime(o) {
			bad = fmt.Sprintf("avg_over_time(%s[%s])", selected(recordBroken, labels), w)
		} else {
			out = append(out, rule{Record: recordEvents + w, Labels: labels, Expr: source.events(w)})
		}
		out = append(out, rule{Record: recordBad + w, Labels: labels, Expr: bad})
	}
	for _, p := range pairs {
		out = append(out, alertOf(o, p, labels))
	}
	return out, ""
}

func alertOf(o serving.Objective, p slo.Pair, of map[string]string) rule {
	share := slo.BudgetShare(o)
	limit := number(p.Factor * share)
	long, short := window(p.LongSeconds), window(p.ShortSeconds)
	expr := fmt.Sprintf("%s > %s and %s > %s", selected(recordBad+long, of), limit, selected(recordBad+short, of), limit)
	if p.MinEvents > 0 {
		expr += fmt.Sprintf(" and %s * %s >= %d", selected(recordEvents+short, of), number(p.ShortSeconds), minEvents)
	}
	return rule{Alert: alertName, Expr: expr,
		Labels: map[string]string{"fleet": of["fleet"], "slo": of["slo"], "severity": string(p.Severity), "pair": p.Name},
		Annotations: map[string]string{
			"summary": fmt.Sprintf("%s of fleet %s burns its error budget more than %.3g times too fast", o.Name, of["fleet"], p.Factor),
			"description": fmt.Sprintf("{{ $value | humanizePercentage }} of events are bad over %s, and more than %.3g%% over %s; %.3g%% may be.",
				long, 100*p.Factor*share, short, 100*share),
			// Both are shares of bad events, for whoever receives the alert.
			"observed": "{{ $value }}", "threshold": limit,
		}}
}

// selected is a recorded series of one objective.
func selected(name string, labels map[string]string) string {
	return fmt.Sprintf("%s{fleet=%q,slo=%q}", name, labels["fleet"], labels["slo"])
}

// windowsOf are the windows of pairs as Prometheus writes them, each once and the
// shortest first.
func windowsOf(pairs []slo.Pair) []string {
	var all []float64
	for _, p := range pairs {
		all = append(all, p.ShortSeconds, p.LongSeconds)
	}
	slices.Sort(all)
	var out []string
	for _, s := range slices.Compact(all) {
		out = append(out, window(s))
	}
	return slices.Compact(out)
}

// window is a duration in the greatest unit that it is a whole number of, rounded
// to milliseconds.
func window(seconds float64) string {
	ms := max(int64(seconds*1000+0.5), 1)
	for _, u := range []struct {
		length int64
		name   string
	}{{86400_000, "d"}, {3600_000, "h"}, {60_000, "m"}, {1000, "s"}} {
		if ms%u.length == 0 {
			return strconv.FormatInt(ms/u.length, 10) + u.name
		}
	}
	return strconv.FormatInt(ms, 10) + "ms"
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 10, 64) }
