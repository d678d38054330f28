package workflows

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// checks are what a trial looks at besides speed. The baseline's answers are
// collected only if a candidate will be held to them, and a candidate shows its
// answers once, when it is screened: the winner's later trials are of the same
// configuration.
func (o *optimize) checks(purpose string, c serving.Candidate) TrialChecks {
	if len(o.status.Trials) == 0 {
		return TrialChecks{Collect: o.mayGate()}
	}
	baseline := o.status.Trials[0]
	out := TrialChecks{Smoke: baseline.Smoke, BaselineReadySeconds: baseline.ReadySeconds}
	if purpose != purposeScreen || !quality.Gated(c.Risk) {
		return out
	}
	out.Compare = true
	if q := baseline.Quality; q != nil && q.Verdict == serving.VerdictPass {
		out.Reference = answersKey(o.status.RunID, baseline.Number)
	} else if q != nil {
		out.Unfit = q.Reason
	}
	return out
}

// mayGate says that a candidate may come whose answers have to be compared. What a
// search will ask for is not known before; policy says what it may.
func (o *optimize) mayGate() bool {
	gated := func(c serving.Candidate) bool { return quality.Gated(c.Risk) }
	if !o.asks || len(o.options.Candidates) > 0 {
		return slices.ContainsFunc(o.queue(), gated)
	}
	return slices.ContainsFunc(serving.RiskClasses(), func(r serving.RiskClass) bool {
		return quality.Gated(r) && o.fleet.Policy.Allows(r)
	})
}
