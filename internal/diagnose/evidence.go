package diagnose

import (
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// evidence collects the numbers of a finding; what is unknown is left out.
type evidence []serving.Evidence

func (e *evidence) add(name string, observed serving.Measure, threshold float64, text string) {
	if v, ok := observed.Get(); ok {
		*e = append(*e, serving.Evidence{Name: name, Observed: v, Threshold: threshold, Text: text})
	}
}

// troubles adds the latencies that are too high.
func (e *evidence) troubles(f facts, metrics ...serving.Metric) {
	for _, m := range metrics {
		if t, ok := f.latency(m); ok {
			*e = append(*e, t.evidence)
		}
	}
}

// quantileName is for example "ttft_p95_seconds".
func quantileName(m serving.Metric, q float64) string {
	return fmt.Sprintf("%s_p%s_seconds", m, strings.ReplaceAll(fmt.Sprintf("%.4g", q*100), ".", "_"))
}

func percent(v float64) string { return fmt.Sprintf("%.3g%%", v*100) }
