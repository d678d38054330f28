package slo

import "github.com/optiinfra/performance-agent/internal/serving"

// Status is one objective over one window.
type Status struct {
	Fleet     string            `json:"fleet"`
	Variant   serving.Variant   `json:"variant"`
	Objective serving.Objective `json:"objective"`
	// Observed is the quantile in seconds, the error rate or the availability;
	// unknown without data.
	Observed serving.Measure `json:"observed"`
	Samples  int             `json:"samples"`
	// Running of the samples have not ended and count by their age (judge.Decided).
	Running int `json:"running,omitempty"`
	// Breached says that the observed value is beyond the objective and that the
	// samples are enough to tell (see BreachAlpha).
	Breached bool `json:"breached"`
	// Hard is a breach so plain that it needs no minimum of samples and no second
	// look: twice the objective, or the error budget burning 14.4 times too fast.
	Hard bool `json:"hard"`
	// Sure is a breach by few samples that one look settles (see EvaluateFew).
	Sure bool `json:"sure,omitempty"`
	// NoData says that there are too few samples to judge: neither kept nor
	// broken.
	NoData bool `json:"no_data"`
	// BeganUnix is when the first request that missed the objective ended, or passed
	// its threshold while it ran, in seconds since 1970; unknown where requests are
	// not seen one by one.
	BeganUnix serving.Measure `json:"began_unix"`
}

// BreachAlpha is the significance at which a window counts as a breach. The p95
// of twenty requests lies beyond a healthy engine's objective every few looks;
// the number of requests that miss the threshold says whether that is chance.
const BreachAlpha = 0.05

// Violations turns the breached statuses into violations seen now, in seconds
// since 1970. Their ID is the same for every look at the same breach.
func Violations(statuses []Status, now float64, source string) []serving.Violation {
	var out []serving.Violation
	for _, s := range statuses {
		if !s.Breached {
			continue
		}
		out = append(out, serving.Violation{
			ID: Fingerprint(s.Fleet, s.Variant, s.Objective.Name), Fleet: s.Fleet, Variant: s.Variant,
			SLO: s.Objective.Name, Observed: s.Observed.Or(0), Threshold: s.Objective.Threshold, Samples: s.Samples,
			Source: source, BeganUnix: s.BeganUnix.Or(0), DetectedUnix: now, Reason: s.reason(),
		})
	}
	return out
}

// Fingerprint identifies the plain breach of an objective across looks.
func Fingerprint(fleet string, variant serving.Variant, objective string) string {
	return FingerprintOf(fleet, variant, objective, "")
}

// FingerprintOf identifies a violation of a kind across looks.
func FingerprintOf(fleet string, variant serving.Variant, objective, kind string) string {
	id := fleet + "|" + string(variant) + "|" + objective
	if kind != "" {
		id += "|" + kind
	}
	return id
}
