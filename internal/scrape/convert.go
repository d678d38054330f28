package scrape

import (
	"math"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// convert turns a decoded family into the neutral form. A label set that occurs
// twice keeps its place and takes the last value.
func convert(f *dto.MetricFamily) engine.Family {
	out := engine.Family{Name: f.GetName(), Type: typeName(f.GetType())}
	at := map[string]int{}
	for _, m := range f.GetMetric() {
		s := engine.Series{Labels: labels(m)}
		s.Value, s.Histogram = value(f.GetType(), m)
		key := identity(m)
		if i, again := at[key]; again {
			out.Series[i] = s
			continue
		}
		at[key] = len(out.Series)
		out.Series = append(out.Series, s)
	}
	return out
}

func typeName(t dto.MetricType) string {
	switch t {
	case dto.MetricType_COUNTER:
		return engine.TypeCounter
	case dto.MetricType_GAUGE:
		return engine.TypeGauge
	case dto.MetricType_HISTOGRAM, dto.MetricType_GAUGE_HISTOGRAM:
		return engine.TypeHistogram
	case dto.MetricType_SUMMARY:
		return engine.TypeSummary
	}
	return engine.TypeUntyped
}

func labels(m *dto.Metric) map[string]string {
	if len(m.GetLabel()) == 0 {
		return nil
	}
	out := make(map[string]string, len(m.GetLabel()))
	for _, pair := range m.GetLabel() {
		out[pair.GetName()] = pair.GetValue()
	}
	return out
}

// identity is the same for two metrics with the same labels in any order.
func identity(m *dto.Metric) string {
	pairs := make([]string, 0, len(m.GetLabel()))
	for _, pair := range m.GetLabel() {
		pairs = append(pairs, pair.GetName()+"\xff"+pair.GetValue())
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "\xfe")
}

func value(t dto.MetricType, m *dto.Metric) (float64, *serving.Histogram) {
	switch t {
	case dto.MetricType_COUNTER:
		return m.GetCounter().GetValue(), nil
	case dto.MetricType_GAUGE:
		return m.GetGauge().GetValue(), nil
	case dto.MetricType_HISTOGRAM, dto.MetricType_GAUGE_HISTOGRAM:
		return math.NaN(), histogram(m.GetHistogram())
	case dto.MetricType_SUMMARY:
		s := m.GetSummary()
		return math.NaN(), engine.AssembleHistogram(nil, serving.Known(float64(s.GetSampleCount())), serving.Known(s.GetSampleSum()))
	}
	return m.GetUntyped().GetValue(), nil
}

func histogram(h *dto.Histogram) *serving.Histogram {
	buckets := make([]engine.Bucket, 0, len(h.GetBucket()))
	for _, b := range h.GetBucket() {
		n := float64(b.GetCumulativeCount())
		if b.CumulativeCountFloat != nil {
			n = b.GetCumulativeCountFloat()
		}
		buckets = append(buckets, engine.Bucket{Bound: b.GetUpperBound(), Count: n})
	}
	return engine.AssembleHistogram(buckets, count(h), measure(h.SampleSum))
}

func count(h *dto.Histogram) serving.Measure {
	if h.SampleCount != nil && h.SampleCountFloat == nil {
		return serving.Known(float64(h.GetSampleCount()))
	}
	return measure(h.SampleCountFloat)
}

// measure of what a page does not have is unknown.
func measure(v *float64) serving.Measure {
	if v == nil {
		return serving.Unknown()
	}
	return serving.Known(*v)
}
