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
	b := serving.Bottleneck{
		Kind: serving.BottleneckErrors, Severity: severity, Confidence: 0.95,
		Summary: fmt.Sprintf("%d of %d requests failed (%s).", failed, requests, percent(rate)),
		Evidence: []serving.Evidence{
			{Name: "error_rate_ratio", Observed: rate, Threshold: allowed, Text: source},
			{Name: "failed_requests", Observed: float64(failed)},
		},
		// No change of the configuration mends errors in general: someone must look.
		Families: []serving.Family{},
	}
	if held, limit, full := f.fullHouse(); full {
		b.Families = []serving.Family{serving.FamilyBatching, serving.FamilyReplicas}
		b.Evidence = append(b.Evidence, serving.Evidence{Name: EvidenceAdmission, Observed: held, Threshold: limit, Text: f.settings.dialect.Admission.Flag})
		b.Summary = fmt.Sprintf("%d of %d requests failed (%s) while %.0f of the %.0f that %s lets in were there: the server refuses the rest.",
			failed, requests, percent(rate), held, limit, f.settings.dialect.Admission.Flag)
	}
	return b, true
}

// EvidenceAdmission names the evidence that a server was full by its own limit
// of admission, with the limit as the threshold.
const EvidenceAdmission = "admitted_requests"

// nearlyFull is the mean part of an admission limit in use from which refusals
// come from it: between arrivals it is never quite full.
const nearlyFull = 0.8

// fullHouse says that the server holds about as many requests as it lets in.
func (f facts) fullHouse() (held, limit float64, full bool) {
	role := f.settings.dialect
	limit = role.Admission.In(f.in.Fleet.Config, f.s.Revealed).Or(role.DefaultAdmission) * float64(f.replicas())
	there := f.s.Waiting
	if role.AdmissionHoldsRunning {
		there = there.Plus(f.s.Running)
	}
	held, known := there.Get()
	return held, limit, known && limit > 0 && held >= nearlyFull*limit
}
