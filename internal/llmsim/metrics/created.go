package metrics

import (
	"strings"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
)

// creation is the *_created family that goes with a counter or a histogram.
func (p *Page) creation(f *dto.MetricFamily) (*dto.MetricFamily, bool) {
	name := f.GetName()
	switch {
	case p.created.IsZero() || strings.HasPrefix(name, "process_") || strings.HasPrefix(name, "llmsim_"):
		return nil, false // the process collector and ours are not the library's
	case f.GetType() == dto.MetricType_COUNTER:
		name = strings.TrimSuffix(name, "_total")
	case f.GetType() != dto.MetricType_HISTOGRAM && f.GetType() != dto.MetricType_SUMMARY:
		return nil, false
	}
	out := &dto.MetricFamily{Name: proto.String(name + "_created"), Help: f.Help, Type: dto.MetricType_GAUGE.Enum()}
	at := float64(p.created.UnixNano()) / 1e9
	for _, m := range f.Metric {
		out.Metric = append(out.Metric, &dto.Metric{Label: m.Label, Gauge: &dto.Gauge{Value: proto.Float64(at)}})
	}
	return out, true
}
