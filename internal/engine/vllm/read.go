package vllm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Read translates a metrics page. Series of several engines (data parallelism)
// are added; usage, a ratio, is their mean. What the page lacks is named in
// Missing: absence never reads as zero.
func (e Engine) Read(page engine.Families) serving.Reading {
	r := reader{page: page, out: serving.Reading{Engine: serving.VLLM}}
	for _, q := range gauges() {
		r.number(q, engine.TypeGauge)
	}
	for _, q := range counters() {
		r.number(q, engine.TypeCounter)
	}
	for _, d := range distributions() {
		r.distribution(d)
	}
	r.usage()
	r.cacheConfig()
	r.engineSteps()
	r.finished()
	r.errors()
	r.processStart()
	r.prefixCachingOff()
	r.model()
	r.out.Unrecognised = unrecognised(page)
	return r.out
}

type reader struct {
	page engine.Families
	out  serving.Reading
}

func (r *reader) missing(quantity, reason string, args ...any) {
	r.out.Missing = append(r.out.Missing, serving.Missing{Quantity: quantity, Reason: fmt.Sprintf(reason, args...)})
}

// find returns the first of the names that the page has with the wanted type.
// Types that the page does not declare are taken on trust.
func (r *reader) find(names []string, want string) (f engine.Family, wrongType bool) {
	for _, name := range names {
		found, ok := r.page.Lookup(name)
		if !ok {
			continue
		}
		if found.Type == want || found.Type == engine.TypeUntyped && want != engine.TypeHistogram {
			return found, false
		}
		wrongType, f = true, found
	}
	return f, wrongType
}

// family is find with the complaint: it notes in Missing why there is none.
func (r *reader) family(quantity string, names []string, want, why string) (engine.Family, bool) {
	f, wrongType := r.find(names, want)
	switch {
	case wrongType:
		r.missing(quantity, "%s is a %s here, not a %s", f.Name, f.Type, want)
		return engine.Family{}, false
	case f.Name == "":
		r.missing(quantity, "no %s: %s", strings.Join(names, " or "), why)
		return engine.Family{}, false
	}
	return f, true
}

func (r *reader) number(q quantity, want string) {
	f, ok := r.family(q.name, q.names, want, q.why)
	if !ok {
		return
	}
	r.put(q.name, f.Name, q.field(&r.out), sumValues(f))
}

// sumValues adds the engines of a family; unknown unless each has a number.
func sumValues(f engine.Family) serving.Measure {
	if len(f.Series) == 0 {
		return serving.Unknown()
	}
	sum := 0.0
	for _, s := range f.Series {
		sum += s.Value
	}
	return serving.Known(sum)
}

// put sets a field, or notes that the family has no usable number.
func (r *reader) put(quantity, family string, field *serving.Measure, value serving.Measure) {
	if !value.IsKnown() {
		r.missing(quantity, "%s has no number", family)
		return
	}
	*field = value
}

func (r *reader) distribution(d distribution) {
	f, ok := r.family(d.name, d.names, engine.TypeHistogram, d.why)
	if !ok {
		return
	}
	h, reason := sumHistograms(f)
	if h == nil {
		r.missing(d.name, "%s", reason)
		return
	}
	*d.field(&r.out) = h
}

// sumHistograms merges the histograms of a family's engines. All must be
// complete: a sum without one of them would be a smaller number, not a gap.
func sumHistograms(f engine.Family) (sum *serving.Histogram, reason string) {
	for _, s := range f.Series {
		if s.Histogram == nil {
			return nil, f.Name + " is incomplete"
		}
		merged, ok := *s.Histogram, true
		if sum != nil {
			merged, ok = sum.Add(*s.Histogram)
		}
		if !ok {
			return nil, f.Name + " has different buckets for different engines"
		}
		sum = &merged
	}
	if sum == nil {
		return nil, f.Name + " has no series"
	}
	return sum, ""
}

func (r *reader) model() {
	for _, f := range r.page {
		if !strings.HasPrefix(f.Name, prefix) {
			continue
		}
		for _, s := range f.Series {
			if name := s.Labels["model_name"]; name != "" {
				r.out.Model = name
				return
			}
		}
	}
	r.missing("model", "no series has the label model_name")
}

// prefix of all that vLLM itself exposes.
const prefix = "vllm:"

// unrecognised lists vLLM's families that nothing here knows, so that a renamed
// metric is noticed. The "_created" gauges beside each counter and histogram
// are the time it was created and say nothing.
func unrecognised(page engine.Families) []string {
	known := knownNames()
	var out []string
	for _, f := range page {
		if strings.HasPrefix(f.Name, prefix) && !strings.HasSuffix(f.Name, "_created") && !matches(f.Name, known) {
			out = append(out, f.Name)
		}
	}
	return out
}

func knownNames() []string {
	known := slices.Concat(recognised(), kvUsageNames(), []string{nameIterationTokens, nameCacheConfig, nameSuccess})
	for _, q := range slices.Concat(gauges(), counters()) {
		known = append(known, q.names...)
	}
	for _, d := range distributions() {
		known = append(known, d.names...)
	}
	return known
}

// Recognises says whether a family of this name is vLLM's.
func (e Engine) Recognises(family string) bool { return strings.HasPrefix(family, prefix) }

func matches(name string, known []string) bool {
	return slices.ContainsFunc(known, func(k string) bool {
		return name == k || strings.HasSuffix(k, "_") && strings.HasPrefix(name, k)
	})
}
