package judge

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// MetricPolicy is how much a metric counts in the verdict.
type MetricPolicy struct {
	Metric serving.Metric `json:"metric"`
	// Weight among the metrics that are not critical; 0 means 1.
	Weight float64 `json:"weight,omitempty"`
	// Critical: a failure of this metric fails the canary whatever else passes,
	// and while it is undecided nothing passes.
	Critical bool `json:"critical,omitempty"`
	// DryRun: it is measured and reported, and decides nothing.
	DryRun bool `json:"dry_run,omitempty"`
}

// judgedMetrics are all that a policy may name.
func judgedMetrics() []serving.Metric {
	return []serving.Metric{serving.MetricTTFT, serving.MetricITL, serving.MetricE2E, serving.MetricErrorRate,
		serving.MetricAvailability, serving.MetricReplicaThroughput, serving.MetricQueue, serving.MetricKVPressure,
		serving.MetricMemory, serving.MetricOutputLength}
}

// supporting are the metrics that by default count by weight alone: a longer
// queue or other answers are a reason to ask a person, not to go back by
// themselves, since latency, errors and throughput say what they do to users.
func supporting() []serving.Metric {
	return []serving.Metric{serving.MetricQueue, serving.MetricKVPressure, serving.MetricMemory, serving.MetricOutputLength}
}

// PolicyOf is the policy of a metric: the one given, or the default, which is
// critical for what users feel.
func (c Config) PolicyOf(m serving.Metric) MetricPolicy {
	for _, p := range c.Metrics {
		if p.Metric == m {
			setDefault(&p.Weight, 1)
			return p
		}
	}
	return MetricPolicy{Metric: m, Weight: 1, Critical: !slices.Contains(supporting(), m)}
}

func (c Config) validateMetrics() error {
	for i, p := range c.Metrics {
		switch {
		case !slices.Contains(judgedMetrics(), p.Metric):
			return fmt.Errorf("metrics[%d].metric: %q is not judged, use one of %v", i, p.Metric, judgedMetrics())
		case p.Weight < 0 || p.Weight > 1000:
			return fmt.Errorf("metrics[%d].weight: %g must be within 0..1000", i, p.Weight)
		case p.Critical && p.DryRun:
			return fmt.Errorf("metrics[%d]: %s cannot be critical in a dry run", i, p.Metric)
		case slices.ContainsFunc(c.Metrics[:i], func(o MetricPolicy) bool { return o.Metric == p.Metric }):
			return fmt.Errorf("metrics[%d].metric: %s is given twice", i, p.Metric)
		}
	}
	if c.PassScore < 0 || c.PassScore > 100 || c.MarginalScore < 0 || c.MarginalScore > c.PassScore {
		return fmt.Errorf("pass_score, marginal_score: %g and %g must be within 0..100, the second not above the first", c.PassScore, c.MarginalScore)
	}
	return nil
}

// verdictOf weighs the findings. A critical metric that fails, fails the canary;
// one that lacks data or cannot be settled keeps it from passing. The others
// count by weight: below MarginalScore the canary fails, below PassScore a person
// is asked.
func (c Config) verdictOf(findings []finding) (serving.Verdict, serving.Measure) {
	worst, score := c.criticalVerdict(findings), c.score(findings)
	if worst == serving.VerdictFail {
		return worst, serving.Known(0)
	}
	s, scored := score.Get()
	switch {
	case scored && s < c.MarginalScore:
		return serving.VerdictFail, score
	case worst == serving.VerdictPass && scored && s < c.PassScore:
		return serving.VerdictInconclusive, score
	}
	return worst, score
}

// criticalVerdict is the worst of the findings on critical metrics, and
// insufficient-data without any: nothing to judge by is never a pass.
func (c Config) criticalVerdict(findings []finding) serving.Verdict {
	worst, decided := serving.VerdictInsufficientData, false
	for _, f := range findings {
		if f.informative || !c.PolicyOf(f.check.Metric).Critical {
			continue
		}
		if !decided || severity(f.check.Verdict) > severity(worst) {
			worst, decided = f.check.Verdict, true
		}
	}
	return worst
}

func severity(v serving.Verdict) int {
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

// score is 100 times the weight of the metrics that did not fail over that of
// all that passed or failed. A metric that fails by one test fails.
func (c Config) score(findings []finding) serving.Measure {
	kept, all := 0.0, 0.0
	for _, m := range judgedMetrics() {
		passed, failed := false, false
		for _, f := range findings {
			if f.informative || f.check.Metric != m {
				continue
			}
			passed = passed || f.check.Verdict == serving.VerdictPass
			failed = failed || f.check.Verdict == serving.VerdictFail
		}
		weight := c.PolicyOf(m).Weight
		if passed || failed {
			all += weight
		}
		if passed && !failed {
			kept += weight
		}
	}
	return serving.Known(100 * kept).Over(serving.Known(all))
}
