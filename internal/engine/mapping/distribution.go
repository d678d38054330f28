package mapping

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Distribution reads one histogram, unless an alternative before it has.
func (r *Reader) Distribution(d Distribution) {
	if *d.Field(&r.out) != nil {
		return
	}
	h := r.Histogram(d.Name, d.Families, d.Where, d.Why)
	if h == nil {
		return
	}
	*d.Field(&r.out) = h
	r.Found(d.Name, d.Derived)
}

// Histogram merges the series of a histogram that count; nil, with the reason
// noted, when there is none.
func (r *Reader) Histogram(quantity string, families []string, where func(map[string]string) bool, why string) *serving.Histogram {
	f, ok := r.Family(quantity, families, engine.TypeHistogram, why)
	if !ok {
		return nil
	}
	f.Series = matching(f.Series, where)
	h, reason := merged(f)
	if h == nil {
		r.unusable(quantity, "%s", reason)
	}
	return h
}

// merged adds the histograms of a family's series. All must be complete: a sum
// without one of them would be a smaller number, not a gap.
func merged(f engine.Family) (sum *serving.Histogram, reason string) {
	for _, s := range f.Series {
		if s.Histogram == nil {
			return nil, f.Name + " is incomplete"
		}
		both, ok := *s.Histogram, true
		if sum != nil {
			both, ok = sum.Add(*s.Histogram)
		}
		if !ok {
			return nil, f.Name + " has different buckets for different engines"
		}
		sum = &both
	}
	if sum == nil {
		return nil, f.Name + " has no series"
	}
	return sum, ""
}
