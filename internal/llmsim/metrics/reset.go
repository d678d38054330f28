package metrics

import (
	"strings"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
)

// seriesKey tells one series of a page from all others.
func seriesKey(family string, m *dto.Metric) string {
	var b strings.Builder
	b.WriteString(family)
	for _, l := range m.Label { // gathered in the order of their names
		b.WriteString("\x00" + l.GetName() + "\x00" + l.GetValue())
	}
	return b.String()
}

// subtract takes from a series what it had at an earlier time; nil is nothing.
// Gauges stay as they are.
func subtract(m, before *dto.Metric) {
	switch {
	case before == nil:
	case m.Counter != nil:
		m.Counter.Value = proto.Float64(m.Counter.GetValue() - before.Counter.GetValue())
	case m.Histogram != nil:
		h, old := m.Histogram, before.Histogram
		h.SampleCount = proto.Uint64(h.GetSampleCount() - old.GetSampleCount())
		h.SampleSum = proto.Float64(h.GetSampleSum() - old.GetSampleSum())
		for i, bucket := range h.Bucket {
			bucket.CumulativeCount = proto.Uint64(bucket.GetCumulativeCount() - old.Bucket[i].GetCumulativeCount())
		}
	case m.Summary != nil:
		m.Summary.SampleCount = proto.Uint64(m.Summary.GetSampleCount() - before.Summary.GetSampleCount())
		m.Summary.SampleSum = proto.Float64(m.Summary.GetSampleSum() - before.Summary.GetSampleSum())
	}
}
