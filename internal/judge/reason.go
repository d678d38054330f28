package judge

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// reasonTexts is how many checks a reason quotes; the others are in the checks.
const reasonTexts = 2

// reason is one sentence for a person: the checks that made the verdict.
func (t trial) reason(v serving.Verdict, findings []finding) string {
	var texts []string
	passed := 0
	for _, hard := range []bool{true, false} {
		for _, f := range findings {
			if f.informative || f.hard != hard {
				continue
			}
			if f.check.Verdict == serving.VerdictPass {
				passed++
			}
			if f.check.Verdict == v {
				texts = append(texts, f.check.Text)
			}
		}
	}
	if len(texts) == 0 {
		return "nothing to judge by: no objective is stated and there is no arm to compare with"
	}
	quoted := strings.Join(texts[:min(len(texts), reasonTexts)], "; ")
	if v == serving.VerdictPass {
		return fmt.Sprintf("all %d checks pass: %s", passed, quoted)
	}
	if more := len(texts) - reasonTexts; more > 0 {
		return fmt.Sprintf("%s; and %d more", quoted, more)
	}
	return quoted
}

// missing says how many samples an arm lacks.
func (t trial) missing(arm side, n int) string {
	return fmt.Sprintf("%d of at least %d samples on %s, %d are missing", n, t.cfg.MinSamples, arm.name, t.cfg.MinSamples-n)
}

func (t trial) interval(low, high float64, unit func(float64) string) string {
	return fmt.Sprintf("%s%% CI %s-%s", number(t.cfg.Confidence*100), strings.TrimRight(unit(low), " s%"), unit(high))
}

func quantileName(q float64, m serving.Metric) string {
	return "p" + number(q*100) + " " + metricName(m)
}

func metricName(m serving.Metric) string { return strings.ToUpper(string(m)) }

func seconds(v float64) string { return number(v) + " s" }

func percent(v float64) string { return number(v*100) + "%" }

// number has three digits, which is more than any of these are sure of.
func number(v float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
