package mapping

import (
	"strconv"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Quantity reads one number, unless an alternative before it has.
func (r *Reader) Quantity(q Quantity) {
	if q.Field(&r.out).IsKnown() {
		return
	}
	f, ok := r.Family(q.Name, q.Families, q.Type, q.Why)
	if !ok {
		return
	}
	series := matching(f.Series, q.Where)
	if len(series) == 0 && (len(f.Series) == 0 || !q.NoneIsZero) {
		r.Missing(q.Name, "%s has no series of it", f.Name)
		return
	}
	value := q.value(series)
	if !value.IsKnown() {
		r.unusable(q.Name, "%s has no number, or is incomplete", f.Name)
		return
	}
	*q.Field(&r.out) = value
	r.Found(q.Name, q.Derived)
}

// value merges the series that count; without any it is 0.
func (q Quantity) value(series []engine.Series) serving.Measure {
	if len(series) == 0 {
		return serving.Known(0)
	}
	pick, combine := q.Of, q.Combine
	if pick == nil {
		pick = Value
	}
	if combine == nil {
		combine = Sum
	}
	values := make([]serving.Measure, len(series))
	for i, s := range series {
		values[i] = pick(s)
	}
	return combine(values)
}

// Value of a series; NaN and infinities are unknown.
func Value(s engine.Series) serving.Measure { return serving.Known(s.Value) }

// Observations is the number of observations of a histogram or summary.
func Observations(s engine.Series) serving.Measure {
	if s.Histogram == nil {
		return serving.Unknown()
	}
	return serving.Known(s.Histogram.Count)
}

// Total is the sum of the observations of a histogram or summary.
func Total(s engine.Series) serving.Measure {
	if s.Histogram == nil {
		return serving.Unknown()
	}
	return serving.Known(s.Histogram.Sum)
}

// Label reads a number that a series carries in a label; "None" and the like are
// unknown.
func Label(name string) func(engine.Series) serving.Measure {
	return func(s engine.Series) serving.Measure {
		v, err := strconv.ParseFloat(s.Labels[name], 64)
		if err != nil {
			return serving.Unknown()
		}
		return serving.Known(v)
	}
}

// Sum adds; unknown unless all are known, for the others alone would be a
// smaller number, not a gap.
func Sum(values []serving.Measure) serving.Measure {
	sum := 0.0
	for _, m := range values {
		v, known := m.Get()
		if !known {
			return serving.Unknown()
		}
		sum += v
	}
	return serving.Known(sum)
}

// Mean is for ratios, which must never be added: the engines of one process are
// alike, so their plain mean is the mean by capacity.
func Mean(values []serving.Measure) serving.Measure {
	return Sum(values).Over(serving.Known(float64(len(values))))
}

// First is for a number that all series share.
func First(values []serving.Measure) serving.Measure { return values[0] }

// ByLabel adds a counter up by one of its labels, for example requests by the
// reason they ended. Series without the label or without a number do not count.
func (r *Reader) ByLabel(quantity string, families []string, label, why string) map[string]float64 {
	f, ok := r.Family(quantity, families, engine.TypeCounter, why)
	if !ok {
		return nil
	}
	out := map[string]float64{}
	for _, s := range f.Series {
		if v, known := Value(s).Get(); known && s.Labels[label] != "" {
			out[s.Labels[label]] += v
		}
	}
	if len(out) == 0 {
		r.Missing(quantity, "%s has no series with a %s", f.Name, label)
		return nil
	}
	r.Found(quantity, "")
	return out
}

// Model takes the model's name from a label that the engine's series carry.
func (r *Reader) Model(label string) {
	for _, f := range r.page {
		if !r.table.Owns(f.Name) {
			continue
		}
		for _, s := range f.Series {
			if name := s.Labels[label]; name != "" {
				r.out.Model = name
				return
			}
		}
	}
	r.Missing("model", "no series has the label %s", label)
}
