package serving

import (
	"fmt"
	"math"
)

// Metric names a service level indicator.
type Metric string

// The indicators objectives are stated on. TPOT is an accepted alias of ITL on
// input; see field.md 4.1 for why the first token is excluded.
const (
	MetricTTFT         Metric = "ttft"
	MetricITL          Metric = "itl"
	MetricE2E          Metric = "e2e"
	MetricErrorRate    Metric = "error_rate"
	MetricAvailability Metric = "availability"
)

// UnmarshalText reads a metric's name; "tpot" is read as "itl". It refuses
// nothing: Validate names the metrics that exist.
func (m *Metric) UnmarshalText(text []byte) error {
	*m = Metric(text)
	if *m == "tpot" {
		*m = MetricITL
	}
	return nil
}

// Objective is one SLO: Metric at Quantile must not exceed Threshold, over the
// given share of time. Name is unique within a fleet, for example "ttft-p95".
type Objective struct {
	Name   string `json:"name"`
	Metric Metric `json:"metric"`
	// Quantile is 0.5..0.999 for latencies; 0 for rates.
	Quantile float64 `json:"quantile,omitempty"`
	// Threshold is in seconds for latencies and a ratio 0..1 for rates. For
	// availability it is the least allowed ratio, otherwise the greatest.
	Threshold float64 `json:"threshold"`
	// Target, when given, makes the error budget one of time: the share of the
	// window's minutes, 0..1, in which the objective must hold. 0 makes it one of
	// requests, of which AllowedShare may miss the threshold.
	Target     float64 `json:"target,omitempty"`
	WindowDays float64 `json:"window_days,omitempty"` // 0 means 30
}

// Breached reports whether an observed value breaks the objective.
func (o Objective) Breached(observed float64) bool {
	if o.Metric == MetricAvailability {
		return observed < o.Threshold
	}
	return observed > o.Threshold
}

// AllowedShare is the share of requests, 0..1, that may miss the objective
// without breaking it: a p95 lets 5% be slower than its threshold.
func (o Objective) AllowedShare() float64 {
	switch {
	case o.IsLatency():
		return 1 - o.Quantile
	case o.Metric == MetricAvailability:
		return 1 - o.Threshold
	}
	return o.Threshold
}

// IsLatency reports whether the objective is on a latency quantile.
func (o Objective) IsLatency() bool {
	return o.Metric == MetricTTFT || o.Metric == MetricITL || o.Metric == MetricE2E
}

// Validate names the field that is wrong and how to mend it.
func (o Objective) Validate() error {
	switch {
	case o.Name == "":
		return fmt.Errorf("name: must not be empty, for example \"ttft-p95\"")
	case o.IsLatency() && !(o.Quantile >= 0.5 && o.Quantile <= 0.999):
		return fmt.Errorf("quantile: %g is not within 0.5..0.999 for a latency objective", o.Quantile)
	case o.IsLatency() && !(o.Threshold > 0 && o.Threshold <= math.MaxFloat64):
		return fmt.Errorf("threshold: %g must be a positive number of seconds", o.Threshold)
	case !o.IsLatency() && o.Metric != MetricErrorRate && o.Metric != MetricAvailability:
		return fmt.Errorf("metric: %q is unknown, use ttft, itl, e2e, error_rate or availability", o.Metric)
	case !o.IsLatency() && !(o.Threshold >= 0 && o.Threshold <= 1):
		return fmt.Errorf("threshold: %g must be a ratio within 0..1", o.Threshold)
	case !(o.Target >= 0 && o.Target < 1):
		return fmt.Errorf("target: %g must be within 0..1 (exclusive), for example 0.999", o.Target)
	case !(o.WindowDays >= 0):
		return fmt.Errorf("window_days: %g must not be negative", o.WindowDays)
	}
	return nil
}

// AlertSeverity says how soon somebody must look at a violation.
type AlertSeverity string

// How soon.
const (
	AlertPage   AlertSeverity = "page"   // now
	AlertTicket AlertSeverity = "ticket" // within the working day
)

// Violation is a breach of an objective. It is the payload of the slo-violation
// signal, where every field but SLO may be absent.
type Violation struct {
	// ID is the fingerprint by which repeats are recognised; "" is never a
	// repeat.
	ID        string  `json:"id,omitempty"`
	Fleet     string  `json:"fleet,omitempty"`
	Variant   Variant `json:"variant,omitempty"` // "" when the sender does not know
	SLO       string  `json:"slo"`
	Observed  float64 `json:"observed,omitempty"`
	Threshold float64 `json:"threshold,omitempty"`
	Samples   int     `json:"samples,omitempty"`
	// Source is who says so: "watch", "stage", "alertmanager", a person.
	Source string `json:"source,omitempty"`
	// Kind tells breaches of one objective apart: "" a window that broke it,
	// "burn-page" and "burn-ticket" a budget that is used up too fast.
	Kind     string        `json:"kind,omitempty"`
	Severity AlertSeverity `json:"severity,omitempty"` // "" is AlertPage
	// BeganUnix and DetectedUnix are in seconds since 1970. BeganUnix is the end
	// of the first request that broke the objective, as far as is known.
	BeganUnix    float64 `json:"began_unix,omitempty"`
	DetectedUnix float64 `json:"detected_unix,omitempty"`
	Reason       string  `json:"reason,omitempty"`
}
