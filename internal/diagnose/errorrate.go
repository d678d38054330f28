package diagnose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// errorsMatter is the share of failed requests that counts as too many where
// no objective says so.
const errorsMatter = 0.01

// errorRate finds requests that fail.
func errorRate(f facts) (serving.Bottleneck, bool) {
	failed, requests, known := slo.Failures(f.s)
	if !known || requests == 0 {
		return serving.Bottleneck{}, false
	}
	allowed, source := errorsMatter, "no objective is stated"
	for _, o := range f.in.Fleet.SLOs {
		if !o.IsLatency() {
			allowed, source = o.AllowedShare(), "objective "+o.Name
			break
		}
	}
	if requests < fewRequests && failed < judge.DefaultConfig().HardAbortSamples ||
		!judge.ShareExceeds(failed, requests, allowed, slo.BreachAlpha) {
		return serving.Bottleneck{}, false
	}
	rate := float64(failed) / float64(requests)
	severity := serving.SeverityCritical
	if allowed > 0 {
		severity = severityOf(rate / allowed)
	}
	return serving.Bottleneck{
		Kind: serving.BottleneckErrors, Severity: severity, Confidence: 0.95,
		Summary: fmt.Sprintf("%d of %d requests failed (%s).", failed, requests, percent(rate)),
		Evidence: []serving.Evidence{
			{Name: "error_rate_ratio", Observed: rate, Threshold: allowed, Text: source},
			{Name: "failed_requests", Observed: float64(failed)},
		},
		// No change of the configuration mends errors in general: someone must look.
		Families: []serving.Family{},
	}, true
}
