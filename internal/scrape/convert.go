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
		return math.NaN(), finite(&serving.Histogram{Count: float64(s.GetSampleCount()), Sum: s.GetSampleSum()})
	}
	return m.GetUntyped().GetValue(), nil
}

// histogram is nil when the page gives no total: without the +Inf bucket and
// the count nobody can say how many observations lie beyond the last bucket.
func histogram(h *dto.Histogram) *serving.Histogram {
	bounds, counts := buckets(h)
	total, known := count(h)
	if n := len(bounds); n > 0 && math.IsInf(bounds[n-1], 1) {
		if !known {
			total, known = counts[n-1], true
		}
		bounds, counts = bounds[:n-1], counts[:n-1]
	}
	if !known || h.SampleSum == nil {
		return nil
	}
	return finite(&serving.Histogram{Bounds: bounds, Counts: counts, Count: total, Sum: h.GetSampleSum()})
}

// buckets are sorted by bound; of a bound that occurs twice the last counts.
func buckets(h *dto.Histogram) (bounds, counts []float64) {
	list := slices.Clone(h.GetBucket())
	slices.SortStableFunc(list, func(a, b *dto.Bucket) int {
		switch {
		case a.GetUpperBound() < b.GetUpperBound():
			return -1
		case a.GetUpperBound() > b.GetUpperBound():
			return 1
		}
		return 0
	})
	for _, b := range list {
		n := float64(b.GetCumulativeCount())
		if b.CumulativeCountFloat != nil {
			n = b.GetCumulativeCountFloat()
		}
		if last := len(bounds) - 1; last >= 0 && bounds[last] == b.GetUpperBound() {
			counts[last] = n
			continue
		}
		bounds, counts = append(bounds, b.GetUpperBound()), append(counts, n)
	}
	return bounds, counts
}

func count(h *dto.Histogram) (float64, bool) {
	if h.SampleCountFloat != nil {
		return h.GetSampleCountFloat(), true
	}
	return float64(h.GetSampleCount()), h.SampleCount != nil
}

// finite drops a histogram with a number that is none: a NaN in it would spread
// to every mean and cannot be written as JSON.
func finite(h *serving.Histogram) *serving.Histogram {
	for _, v := range slices.Concat([]float64{h.Count, h.Sum}, h.Bounds, h.Counts) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	}
	return h
}
