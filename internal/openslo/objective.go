package openslo

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// duration is OpenSLO's shorthand. Months, quarters and years are of the calendar,
// which our windows are not.
var duration = regexp.MustCompile(`^([1-9][0-9]*)([mhdw])$`)

// days of one unit.
func days(unit string) float64 {
	switch unit {
	case "m":
		return 1.0 / (24 * 60)
	case "h":
		return 1.0 / 24
	case "w":
		return 7
	}
	return 1
}

func (r *reader) window(list []timeWindow, o *serving.Objective) {
	if len(list) != 1 {
		r.wrong("spec.timeWindow", fmt.Sprintf("there are %d", len(list)), "give one, for example [{duration: 30d, isRolling: true}]")
		return
	}
	w := list[0]
	if w.Calendar != nil || !w.IsRolling {
		r.wrong("spec.timeWindow[0].isRolling", "windows of the calendar are not supported", "use isRolling: true")
	}
	parts := duration.FindStringSubmatch(w.Duration)
	if parts == nil {
		r.wrong("spec.timeWindow[0].duration", fmt.Sprintf("%q is not supported", w.Duration), "use minutes, hours, days or weeks, for example 30d")
		return
	}
	n, _ := strconv.ParseFloat(parts[1], 64)
	o.WindowDays = n * days(parts[2])
}

func (r *reader) indicator(s indicatorSpec, o *serving.Objective) {
	switch {
	case s.ThresholdMetric != nil && s.RatioMetric != nil:
		r.wrong("spec.indicator.spec", "has both a thresholdMetric and a ratioMetric", "give one")
	case s.ThresholdMetric != nil:
		o.Metric = serving.Metric(r.metric("thresholdMetric", s.ThresholdMetric, "ttft", "itl", "tpot", "e2e"))
		if o.Metric == "tpot" {
			o.Metric = serving.MetricITL
		}
	case s.RatioMetric != nil:
		r.ratio(*s.RatioMetric, o)
	default:
		r.wrong("spec.indicator.spec", "has neither a thresholdMetric nor a ratioMetric", "give one")
	}
}

func (r *reader) ratio(m ratioMetric, o *serving.Objective) {
	const at = "spec.indicator.spec.ratioMetric"
	switch {
	case m.Raw != nil || m.RawType != "":
		r.wrong(at+".raw", "is not supported", "give total, and good or bad")
	case m.Total == nil:
		r.wrong(at+".total", "is missing", "give total, and good or bad")
	case (m.Good == nil) == (m.Bad == nil):
		r.wrong(at, "needs one of good and bad", "give good for an availability, bad for an error rate")
	case m.Good != nil:
		o.Metric = serving.MetricAvailability
		r.metric("ratioMetric.good", m.Good, "succeeded_requests")
		r.metric("ratioMetric.total", m.Total, "requests")
	default:
		o.Metric = serving.MetricErrorRate
		r.metric("ratioMetric.bad", m.Bad, "failed_requests")
		r.metric("ratioMetric.total", m.Total, "requests")
	}
}

// metric is the name in a metric source, one of those that are known.
func (r *reader) metric(at string, m *thresholdMetric, known ...string) string {
	at = "spec.indicator.spec." + at + ".metricSource"
	source := m.MetricSource
	if source.Ref != "" {
		r.wrong(at+".metricSourceRef", "is not supported", "use type: "+sourceType)
		return ""
	}
	if source.Type != sourceType {
		r.wrong(at+".type", fmt.Sprintf("%q is not supported: the agent counts requests itself", source.Type),
			fmt.Sprintf("use type: %s with spec: {metric: %s}", sourceType, known[0]))
		return ""
	}
	if unit := source.Spec["unit"]; unit != "" && unit != "seconds" {
		r.wrong(at+".spec.unit", fmt.Sprintf("%q is not supported", unit), "give seconds")
	}
	for _, k := range known {
		if source.Spec["metric"] == k {
			return k
		}
	}
	r.wrong(at+".spec.metric", fmt.Sprintf("%q is unknown here", source.Spec["metric"]), fmt.Sprintf("use one of %v", known))
	return ""
}

func (r *reader) objective(method string, goal objective, o *serving.Objective) {
	const at = "spec.objectives[0]"
	target, ok := r.target(at, goal)
	if !ok {
		return
	}
	good := target
	switch method {
	case occurrences:
		if goal.TimeSliceTarget != nil || goal.TimeSliceWindow != "" {
			r.wrong(at+".timeSliceTarget", "has no meaning for Occurrences", "use budgetingMethod: Timeslices, or leave it out")
		}
	case timeslices:
		if goal.TimeSliceTarget == nil {
			r.wrong(at+".timeSliceTarget", "is missing", "give the share of requests of a minute that must be good, for example 0.95")
			return
		}
		if goal.TimeSliceWindow != "1m" {
			r.wrong(at+".timeSliceWindow", fmt.Sprintf("%q is not supported", goal.TimeSliceWindow), "use 1m")
		}
		good, o.Target = *goal.TimeSliceTarget, target
	default:
		r.wrong("spec.budgetingMethod", fmt.Sprintf("%q is not supported", method), "use Occurrences or Timeslices")
		return
	}
	r.threshold(at, goal, good, o)
}

func (r *reader) target(at string, goal objective) (float64, bool) {
	switch {
	case goal.Target != nil && goal.TargetPercent != nil:
		r.wrong(at+".targetPercent", "excludes target", "give one of them")
		return 0, false
	case goal.TargetPercent != nil:
		return exact(*goal.TargetPercent / 100), true
	case goal.Target == nil:
		r.wrong(at+".target", "is missing", "give a share, for example 0.95")
		return 0, false
	}
	return *goal.Target, true
}

// threshold fills in what must hold for the given share of requests.
func (r *reader) threshold(at string, goal objective, good float64, o *serving.Objective) {
	switch {
	case o.Metric == "":
		return // said already
	case !o.IsLatency():
		if goal.Op != "" || goal.Value != nil {
			r.wrong(at+".value", "has no meaning for a ratio", "leave out op and value")
		}
		o.Threshold = good
		if o.Metric == serving.MetricErrorRate {
			o.Threshold = exact(1 - good)
		}
		return
	case goal.Op != "lte":
		r.wrong(at+".op", fmt.Sprintf("%q is not supported", goal.Op), "use lte")
	case goal.Value == nil:
		r.wrong(at+".value", "is missing", "give the greatest latency in seconds")
	default:
		o.Quantile, o.Threshold = good, *goal.Value
	}
}
