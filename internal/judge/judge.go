package judge

import "github.com/optiinfra/performance-agent/internal/serving"

// finding is a check and what it means for the verdict.
type finding struct {
	check serving.JudgeCheck
	// informative checks are reported and decide nothing.
	informative bool
	hard        bool
}

// trial is one judgement in the making.
type trial struct {
	cfg        Config
	objectives []serving.Objective
	canary     side
	reference  *side
}

// Judge compares the canary with the objectives and, unless it is nil, with a
// reference arm observed over the same window.
//
// A canary fails when a check of a critical metric fails, which by default are
// all that users feel. Otherwise it is insufficient-data when such a check lacks
// samples, inconclusive when one cannot be settled, and passes only when at least
// one passed: nothing to judge by is insufficient-data. The other metrics count
// by weight (see Config.verdictOf).
func Judge(cfg Config, objectives []serving.Objective, canary Arm, reference *Arm) serving.Judgement {
	t := trial{cfg: cfg.WithDefaults(), objectives: objectives, canary: newSide(canary)}
	out := serving.Judgement{ComparedWith: "slo", Canary: t.canary.summary(t.cfg.Confidence)}
	if reference != nil {
		ref := newSide(*reference)
		t.reference = &ref
		out.ComparedWith = ref.name
		out.Baseline = ref.summary(t.cfg.Confidence)
	}
	findings := t.findings()
	for i := range findings {
		f := &findings[i]
		policy := t.cfg.PolicyOf(f.check.Metric)
		f.check.Weight, f.check.Critical, f.check.DryRun = policy.Weight, policy.Critical, policy.DryRun
		f.informative = f.informative || policy.DryRun
		out.Checks = append(out.Checks, f.check)
		out.HardAbort = out.HardAbort || f.hard && !f.informative
	}
	out.Verdict, out.Score = t.cfg.verdictOf(findings)
	out.Disagreements = disagreements(findings)
	out.Notes = t.notes()
	out.Reason = t.reason(out.Verdict, findings)
	out.Sentence = t.sentence(out, findings)
	return out
}

func (t trial) findings() []finding {
	var out []finding
	for _, o := range t.objectives {
		if o.IsLatency() {
			if !t.canary.Unsampled {
				out = append(out, t.latencyObjective(o))
			}
		} else {
			out = append(out, t.errorObjective(o))
		}
	}
	out = append(out, t.errorLimit()...)
	if t.reference != nil && !t.canary.Unsampled {
		for _, m := range latencyMetrics {
			out = append(out, t.quantileRatio(m)...)
		}
	}
	if t.reference != nil {
		out = append(out, t.errorRates())
	}
	return append(out, t.engineChecks()...)
}
