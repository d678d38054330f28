package promql

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const nameLabel = "__name__"

// families puts samples together to the page they came from. Types come from the
// server's metadata; without, a name with buckets is a histogram and all others
// are untyped, which the mappings take on trust.
func families(samples []sample, types map[string]string) engine.Families {
	p := page{types: types, parts: map[string]map[string]*parts{}, names: map[string]bool{}}
	for _, s := range samples {
		p.names[s.labels[nameLabel]] = true
	}
	for _, s := range samples {
		p.add(s)
	}
	var out engine.Families
	for _, name := range slices.Sorted(maps.Keys(p.parts)) {
		out = append(out, p.family(name))
	}
	return out
}

type page struct {
	types map[string]string
	parts map[string]map[string]*parts // by family and label set
	names map[string]bool              // of the samples
}

// parts are what a page has of one label set of a family.
type parts struct {
	labels     map[string]string
	value      float64
	buckets    []engine.Bucket
	count, sum serving.Measure
}

func (p *page) add(s sample) {
	name := s.labels[nameLabel]
	family, part := p.of(name)
	labels := maps.Clone(s.labels)
	delete(labels, nameLabel)
	bound := math.NaN()
	switch part {
	case "_bucket":
		bound = number(labels["le"])
		delete(labels, "le")
	case "quantile":
		delete(labels, "quantile")
	}
	at := p.at(family, labels)
	switch part {
	case "_bucket":
		at.buckets = append(at.buckets, engine.Bucket{Bound: bound, Count: s.value})
	case "_count":
		at.count = serving.Known(s.value)
	case "_sum":
		at.sum = serving.Known(s.value)
	case "":
		at.value = s.value
	}
}

func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// of says to which family a sample belongs, and as which part of it.
func (p *page) of(name string) (family, part string) {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		base, ends := strings.CutSuffix(name, suffix)
		if !ends {
			continue
		}
		if kind := p.kind(base); kind == engine.TypeHistogram || kind == engine.TypeSummary {
			return base, suffix
		}
	}
	if p.types[name] == engine.TypeSummary {
		return name, "quantile"
	}
	return name, ""
}

// kind is the type of a family. A name that is itself sampled is no histogram.
func (p *page) kind(name string) string {
	switch declared := p.types[name]; declared {
	case engine.TypeCounter, engine.TypeGauge, engine.TypeHistogram, engine.TypeSummary:
		return declared
	}
	if p.types[strings.TrimSuffix(name, "_total")] == engine.TypeCounter {
		return engine.TypeCounter // OpenMetrics declares it without the suffix
	}
	if p.names[name+"_bucket"] && p.names[name+"_count"] && !p.names[name] {
		return engine.TypeHistogram
	}
	return engine.TypeUntyped
}

func (p *page) at(family string, labels map[string]string) *parts {
	series, ok := p.parts[family]
	if !ok {
		series = map[string]*parts{}
		p.parts[family] = series
	}
	key := identity(labels)
	if series[key] == nil {
		series[key] = &parts{labels: labels, value: math.NaN()}
	}
	return series[key]
}

func identity(labels map[string]string) string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		out.WriteString(name + "\xff" + labels[name] + "\xfe")
	}
	return out.String()
}

func (p *page) family(name string) engine.Family {
	f := engine.Family{Name: name, Type: p.kind(name)}
	for _, key := range slices.Sorted(maps.Keys(p.parts[name])) {
		at := p.parts[name][key]
		s := engine.Series{Labels: at.labels, Value: at.value}
		if f.Type == engine.TypeHistogram || f.Type == engine.TypeSummary {
			s.Histogram = engine.AssembleHistogram(at.buckets, at.count, at.sum)
		}
		f.Series = append(f.Series, s)
	}
	return f
}
