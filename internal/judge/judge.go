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
// A canary fails when any check fails. Otherwise it is insufficient-data when a
// check lacks samples, inconclusive when one cannot be settled, and passes only
// when at least one check passed: nothing to judge by is insufficient-data.
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
	for _, f := range findings {
		out.Checks = append(out.Checks, f.check)
		out.HardAbort = out.HardAbort || f.hard
	}
	out.Verdict = verdictOf(findings)
	out.Reason = t.reason(out.Verdict, findings)
	return out
}

func (t trial) findings() []finding {
	var out []finding
	for _, o := range t.objectives {
		if o.IsLatency() {
			out = append(out, t.latencyObjective(o))
		} else {
			out = append(out, t.errorObjective(o))
		}
	}
	out = append(out, t.errorLimit()...)
	if t.reference == nil {
		return out
	}
	for _, m := range latencyMetrics {
		out = append(out, t.quantileRatio(m)...)
	}
	return append(out, t.errorRates())
}

func verdictOf(findings []finding) serving.Verdict {
	worst := serving.VerdictInsufficientData
	rank := func(v serving.Verdict) int {
		switch v {
		case serving.VerdictFail:
			return 3
		case serving.VerdictInsufficientData:
			return 2
		case serving.VerdictInconclusive:
			return 1
		}
		return 0
	}
	decided := false
	for _, f := range findings {
		if f.informative {
			continue
		}
		if !decided || rank(f.check.Verdict) > rank(worst) {
			worst, decided = f.check.Verdict, true
		}
	}
	return worst
}
