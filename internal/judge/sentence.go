package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// sentence says the verdict to somebody who knows the service and no statistics:
// what happened, by which numbers, compared with what.
func (t trial) sentence(j serving.Judgement, findings []finding) string {
	text := ""
	switch j.Verdict {
	case serving.VerdictPass:
		text = t.passing(j)
	case serving.VerdictFail:
		text = "The canary is worse and should go back: " + t.plainly(serving.VerdictFail, findings) + "."
	case serving.VerdictInconclusive:
		doubt := t.plainly(serving.VerdictInconclusive, findings)
		if doubt == "" {
			doubt = t.plainly(serving.VerdictFail, findings)
		}
		text = "It cannot be told yet whether the canary is worse: " + doubt + "."
	default:
		text = fmt.Sprintf("There is not enough data for a verdict: the canary has finished %d requests.", t.canary.requests)
	}
	if t.reference != nil && t.reference.Variant == serving.Stable {
		text += " It was compared with the running stable, replica by replica, since no fresh copy of it could be had; a cache that stable filled over days may flatter it."
	}
	if len(j.Disagreements) > 0 {
		text += " Router and engines disagree on " + strings.Join(j.Disagreements, "; ") + "."
	}
	return text
}

func (t trial) passing(j serving.Judgement) string {
	against := "its objectives"
	if t.reference != nil {
		against = t.reference.name
	}
	count, what := t.canary.requests, "requests"
	if count == 0 {
		count, what = int(j.Canary.EngineRequests.Or(0)), "requests by its engines' count"
	}
	return fmt.Sprintf("The canary did as well as %s over %d %s; nothing that counts got worse.", against, count, what)
}

// plainly lists what was found with the verdict, hard findings first, each metric
// once.
func (t trial) plainly(v serving.Verdict, findings []finding) string {
	var metrics []serving.Metric
	var texts []string
	for _, hard := range []bool{true, false} {
		for _, f := range findings {
			if f.informative || f.hard != hard || f.check.Verdict != v || slices.Contains(metrics, f.check.Metric) {
				continue
			}
			metrics, texts = append(metrics, f.check.Metric), append(texts, t.plain(f))
		}
	}
	return strings.Join(texts, ", and ")
}

func (t trial) plain(f finding) string {
	c := f.check
	name := "the reference"
	if t.reference != nil {
		name = t.reference.name
	}
	times := func() string { return number(ratio(c.Observed, c.Reference)) + " times" }
	switch c.Test {
	case "slo":
		return t.plainObjective(c)
	case "quantile-ratio":
		return fmt.Sprintf("its slowest requests take %s for %s, %s what %s needs (%s)", seconds(c.Observed), plainMetric(c.Metric), times(), name, seconds(c.Reference))
	case "two-proportion":
		return fmt.Sprintf("%s of its requests fail against %s on %s", percent(c.Observed), percent(c.Reference), name)
	}
	switch c.Metric {
	case serving.MetricReplicaThroughput:
		return fmt.Sprintf("a replica finished %s requests where one of %s finished %s", number(c.Observed), name, number(c.Reference))
	case serving.MetricQueue:
		return fmt.Sprintf("%s requests wait at a replica against %s on %s", number(c.Observed), number(c.Reference), name)
	case serving.MetricKVPressure:
		return fmt.Sprintf("requests are thrown out of the KV cache %s times each against %s on %s", number(c.Observed), number(c.Reference), name)
	case serving.MetricMemory:
		return "its memory fills up while that of " + name + " does not"
	case serving.MetricOutputLength:
		return fmt.Sprintf("its answers have %s tokens against %s on %s, so it may answer differently", number(c.Observed), number(c.Reference), name)
	}
	return c.Text
}

func (t trial) plainObjective(c serving.JudgeCheck) string {
	switch c.Metric {
	case serving.MetricErrorRate:
		return fmt.Sprintf("%s of its requests fail, at most %s may", percent(c.Observed), percent(c.Limit))
	case serving.MetricAvailability:
		return fmt.Sprintf("%s of its requests are served, at least %s must", percent(c.Observed), percent(c.Limit))
	}
	return fmt.Sprintf("%s takes %s for the slow requests, at most %s is promised", plainMetric(c.Metric), seconds(c.Observed), seconds(c.Limit))
}

func plainMetric(m serving.Metric) string {
	switch m {
	case serving.MetricTTFT:
		return "the first token"
	case serving.MetricITL:
		return "a token after the first"
	case serving.MetricE2E:
		return "the whole answer"
	}
	return string(m)
}

// notes say what the judgement could not rest on.
func (t trial) notes() []string {
	var out []string
	if t.canary.Unsampled {
		out = append(out, "the router keeps no single requests: latencies are the engines' own, without what router and network add")
	}
	arms := []side{t.canary}
	if t.reference != nil {
		arms = append(arms, *t.reference)
	}
	for _, arm := range arms {
		if arm.NoEngine != "" {
			out = append(out, fmt.Sprintf("engine metrics of %s: %s", arm.name, arm.NoEngine))
		}
	}
	if !t.canary.Unsampled && t.canary.Observation.Running == nil {
		out = append(out, "the router does not tell which requests are still running: one that hangs shows when it ends, or in the throughput")
	}
	if t.reference != nil && t.reference.Variant == serving.Stable {
		out = append(out, "compared with stable, each per replica: no fresh baseline was running")
	}
	return out
}
