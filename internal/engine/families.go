package engine

import "github.com/optiinfra/performance-agent/internal/serving"

// The types a metric family declares. The type comes from the page's TYPE line
// and never from the name: vllm:iteration_tokens_total is a histogram.
const (
	TypeCounter   = "counter"
	TypeGauge     = "gauge"
	TypeHistogram = "histogram"
	TypeSummary   = "summary"
	TypeUntyped   = "untyped"
)

// Family is one metric family. Name is that of its samples in the text format:
// a counter that OpenMetrics declares without "_total" has it here all the same,
// so a mapping knows one name.
type Family struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Series []Series `json:"series"`
}

// Series is one label set of a family. Value may be NaN or infinite, as on the
// page. Histogram is set for complete histograms and, without bounds, for
// summaries; a histogram that was cut short has none.
type Series struct {
	Labels    map[string]string  `json:"labels,omitempty"`
	Value     float64            `json:"value"`
	Histogram *serving.Histogram `json:"histogram,omitempty"`
}

// Families is a parsed metrics page, sorted by name, each name once.
type Families []Family

// Lookup finds a family by name.
func (f Families) Lookup(name string) (Family, bool) {
	for i := range f {
		if f[i].Name == name {
			return f[i], true
		}
	}
	return Family{}, false
}
