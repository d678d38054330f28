package series

import (
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Better is the direction in which a metric improves.
type Better string

// Directions of improvement; Neither is for what only describes the load.
const (
	Lower   Better = "lower"
	Higher  Better = "higher"
	Neither Better = "neither"
)

// Metric is a number that can be read from a roll-up.
type Metric struct {
	Name   string `json:"name"`
	Unit   string `json:"unit"`
	Better Better `json:"better"`

	read func(Rollup) Value
}

// Value is a metric of one stretch.
type Value struct {
	serving.Measure
	// Max is the greatest level within the stretch; of gauges only.
	Max serving.Measure
	// AtLeast says that the quantile lies beyond the last bucket: the true value
	// is greater.
	AtLeast bool
}

// Of reads the metric; unknown where it was not measured.
func (m Metric) Of(r Rollup) Value { return m.read(r) }

// Metrics are all that are read from roll-ups, in the order they are shown.
func Metrics() []Metric {
	var out []Metric
	for _, l := range []struct {
		name string
		of   func(Rollup) *serving.Histogram
	}{
		{"ttft", func(r Rollup) *serving.Histogram { return r.TTFT }},
		{"itl", func(r Rollup) *serving.Histogram { return r.ITL }},
		{"e2e", func(r Rollup) *serving.Histogram { return r.E2E }},
	} {
		out = append(out, quantile(l.name, "p50", .5, l.of), quantile(l.name, "p95", .95, l.of), quantile(l.name, "p99", .99, l.of))
	}
	return append(out,
		rate("requests_per_second", Neither, func(r Rollup) Total { return r.Requests }),
		rate("prompt_tokens_per_second", Neither, func(r Rollup) Total { return r.PromptTokens }),
		rate("generation_tokens_per_second", Higher, func(r Rollup) Total { return r.GenerationTokens }),
		rate("preemptions_per_second", Lower, func(r Rollup) Total { return r.Preemptions }),
		ratio("error_rate", Lower, func(r Rollup) Share { return r.Failures }),
		ratio("prefix_hit_rate", Higher, func(r Rollup) Share { return r.PrefixHits }),
		level("running", "requests", Neither, func(r Rollup) Gauge { return r.Running }),
		level("waiting", "requests", Lower, func(r Rollup) Gauge { return r.Waiting }),
		level("kv_usage", "ratio", Neither, func(r Rollup) Gauge { return r.KVUsage }),
		level("gpu_utilization", "ratio", Neither, func(r Rollup) Gauge { return r.GPUUtilization }),
	)
}

// Lookup finds a metric by name; the error lists the names there are.
func Lookup(name string) (Metric, error) {
	var names []string
	for _, m := range Metrics() {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return Metric{}, fmt.Errorf("%q is no metric with a history, use one of %s", name, strings.Join(names, ", "))
}

func quantile(latency, name string, q float64, of func(Rollup) *serving.Histogram) Metric {
	return Metric{Name: latency + "_" + name + "_seconds", Unit: "seconds", Better: Lower, read: func(r Rollup) Value {
		h := of(r)
		if h == nil {
			return Value{}
		}
		v, atLeast, ok := h.Quantile(q)
		if !ok {
			return Value{}
		}
		return Value{Measure: serving.Known(v), AtLeast: atLeast}
	}}
}

func rate(name string, better Better, of func(Rollup) Total) Metric {
	unit := strings.TrimSuffix(name, "_per_second") + "/s"
	return Metric{Name: name, Unit: unit, Better: better, read: func(r Rollup) Value { return Value{Measure: of(r).PerSecond()} }}
}

func ratio(name string, better Better, of func(Rollup) Share) Metric {
	return Metric{Name: name, Unit: "ratio", Better: better, read: func(r Rollup) Value { return Value{Measure: of(r).Ratio()} }}
}

func level(name, unit string, better Better, of func(Rollup) Gauge) Metric {
	return Metric{Name: name, Unit: unit, Better: better, read: func(r Rollup) Value {
		return Value{Measure: of(r).Mean(), Max: of(r).Max()}
	}}
}
