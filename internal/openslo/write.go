package openslo

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// Write gives the objectives of a fleet as one document each. A window that is no
// whole number of minutes is rounded to one: OpenSLO knows nothing shorter.
func Write(fleet string, objectives []serving.Objective) ([]byte, error) {
	if len(objectives) == 0 {
		return nil, nil // an encoder that wrote nothing cannot be closed
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	for _, o := range objectives {
		if err := encoder.Encode(documentOf(fleet, o)); err != nil {
			return nil, fmt.Errorf("write objective %s: %w", o.Name, err)
		}
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("write objectives of %s: %w", fleet, err)
	}
	return out.Bytes(), nil
}

func documentOf(fleet string, o serving.Objective) document {
	good := exact(1 - o.AllowedShare())
	goal := objective{Target: &good}
	method := occurrences
	if slo.ByTime(o) {
		method = timeslices
		target := exact(o.Target)
		goal = objective{Target: &target, TimeSliceTarget: &good, TimeSliceWindow: "1m"}
	}
	if o.IsLatency() {
		goal.Op, goal.Value = "lte", &o.Threshold
	}
	return document{
		APIVersion: apiVersion, Kind: kindSLO, Metadata: metadata{Name: o.Name},
		Spec: spec{
			Description: describe(o), Service: fleet, BudgetingMethod: method,
			Indicator:  &indicator{Metadata: metadata{Name: o.Name + "-indicator"}, Spec: indicatorOf(o)},
			TimeWindow: []timeWindow{{Duration: durationOf(slo.PeriodSeconds(o)), IsRolling: true}},
			Objectives: []objective{goal},
		},
	}
}

// indicatorOf states a latency by its value and failures by their ratio; an error
// rate counts the bad requests and an availability the good ones.
func indicatorOf(o serving.Objective) indicatorSpec {
	metric := func(name string) *thresholdMetric {
		return &thresholdMetric{MetricSource: metricSource{Type: sourceType, Spec: map[string]string{"metric": name}}}
	}
	switch {
	case o.IsLatency():
		m := metric(string(o.Metric))
		m.MetricSource.Spec["unit"] = "seconds"
		return indicatorSpec{ThresholdMetric: m}
	case o.Metric == serving.MetricAvailability:
		return indicatorSpec{RatioMetric: &ratioMetric{Counter: true, Good: metric("succeeded_requests"), Total: metric("requests")}}
	}
	return indicatorSpec{RatioMetric: &ratioMetric{Counter: true, Bad: metric("failed_requests"), Total: metric("requests")}}
}

func describe(o serving.Objective) string {
	text := fmt.Sprintf("%s of at most %.6g%% of requests", o.Metric, o.Threshold*100)
	if o.Metric == serving.MetricAvailability {
		text = fmt.Sprintf("at least %.6g%% of requests succeed", o.Threshold*100)
	}
	if o.IsLatency() {
		text = fmt.Sprintf("p%.6g %s of at most %g s", o.Quantile*100, o.Metric, o.Threshold)
	}
	if slo.ByTime(o) {
		text += fmt.Sprintf(", in %.6g%% of minutes", o.Target*100)
	}
	return text
}

// durationOf is a window in the greatest unit that it is a whole number of.
func durationOf(seconds float64) string {
	minutes := max(int(math.Round(seconds/60)), 1)
	switch {
	case minutes%(24*60) == 0:
		return strconv.Itoa(minutes/(24*60)) + "d"
	case minutes%60 == 0:
		return strconv.Itoa(minutes/60) + "h"
	}
	return strconv.Itoa(minutes) + "m"
}

// exact drops what binary fractions add to a share: 1 - 0.01 is 0.99.
func exact(v float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	return rounded
}
