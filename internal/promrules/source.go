package promrules

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// source is where an objective's events are counted.
type source struct {
	matchers []string
	// Of a histogram: its families, newest name first, and where the threshold
	// lies among the bounds: good requests are those below lower and a share of
	// those between lower and upper.
	families     []string
	lower, upper float64
	share        float64
	// Of counters.
	failed, requests []engine.Selector
}

// sourceOf finds an objective's events, or says why the page does not tell them.
func (in Input) sourceOf(o serving.Objective) (source, string) {
	s := source{matchers: in.Matchers}
	if !o.IsLatency() {
		s.failed, s.requests = in.Indicators.Failed, in.Indicators.Requests
		if len(s.requests) == 0 {
			return s, fmt.Sprintf("%s does not count failed requests", in.Engine)
		}
		return s, ""
	}
	s.families = in.Indicators.Latencies[o.Metric]
	if len(s.families) == 0 {
		return s, fmt.Sprintf("%s exposes no histogram of %s", in.Engine, o.Metric)
	}
	bounds := in.Bounds[o.Metric]
	if len(bounds) == 0 {
		return s, "the bounds of the engine's buckets are not known yet; measure the fleet first (POST .../metrics/collect)"
	}
	i, found := slices.BinarySearch(bounds, o.Threshold)
	if i == len(bounds) {
		return s, fmt.Sprintf("the threshold of %g s is beyond the engine's last bucket of %g s", o.Threshold, bounds[len(bounds)-1])
	}
	s.upper = bounds[i]
	if found {
		s.lower, s.share = s.upper, 0
		return s, ""
	}
	if i > 0 {
		s.lower = bounds[i-1]
	}
	s.share = (o.Threshold - s.lower) / (s.upper - s.lower)
	return s, ""
}

// badShare is the share of bad events over a window; without events there is no
// series, which is no data.
func (s source) badShare(w string) string {
	if s.families == nil {
		return fmt.Sprintf("(%s or %s * 0) / (%s > 0)", s.sum(s.failed, w), s.sum(s.requests, w), s.sum(s.requests, w))
	}
	good := s.atMost(s.upper, w)
	if s.share > 0 && s.lower > 0 {
		good = fmt.Sprintf("(%s + %s * (%s - %s))", s.atMost(s.lower, w), number(s.share), s.atMost(s.upper, w), s.atMost(s.lower, w))
	} else if s.share > 0 {
		good = fmt.Sprintf("%s * %s", number(s.share), good)
	}
	return fmt.Sprintf("1 - %s / (%s > 0)", good, s.events(w))
}

// events are all events a second over a window.
func (s source) events(w string) string {
	if s.families == nil {
		return s.sum(s.requests, w)
	}
	return s.either(func(family string) string { return s.rate(family+"_count", nil, w) })
}

// atMost are the events up to a bucket's upper end.
func (s source) atMost(bound float64, w string) string {
	return s.either(func(family string) string {
		return s.rate(family+"_bucket", []string{fmt.Sprintf("le=~%q", spellings(bound))}, w)
	})
}

// either takes the newest family that is there: a version that has two counts the
// same events in both.
func (s source) either(rate func(family string) string) string {
	parts := make([]string, len(s.families))
	for i, f := range s.families {
		parts[i] = rate(f)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, " or ") + ")"
}

// sum adds up counters, of which some may not have appeared yet.
func (s source) sum(list []engine.Selector, w string) string {
	if len(list) == 1 {
		return s.rate(list[0].Family, list[0].Matchers, w)
	}
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = fmt.Sprintf(`label_replace(rate(%s[%s]), "part", "%d", "", "")`, s.selector(x.Family, x.Matchers), w, i)
	}
	return fmt.Sprintf("sum by (variant) (%s)", strings.Join(parts, " or "))
}

func (s source) rate(family string, more []string, w string) string {
	return fmt.Sprintf("sum by (variant) (rate(%s[%s]))", s.selector(family, more), w)
}

func (s source) selector(family string, more []string) string {
	all := slices.Concat(s.matchers, more)
	if len(all) == 0 {
		return family
	}
	return family + "{" + strings.Join(all, ",") + "}"
}

// spellings matches a bound however the engine's exporter writes it: 1, 1.0, 1e-05.
func spellings(bound float64) string {
	plain := strconv.FormatFloat(bound, 'f', -1, 64)
	out := []string{plain}
	if bound == math.Trunc(bound) {
		out = append(out, plain+".0")
	}
	if short := strconv.FormatFloat(bound, 'g', -1, 64); short != plain {
		out = append(out, short)
	}
	for i, o := range out {
		out[i] = strings.NewReplacer(".", `\.`, "+", `\+`).Replace(o)
	}
	return strings.Join(out, "|")
}
