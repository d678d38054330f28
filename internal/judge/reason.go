package judge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// reason is one sentence for a person: the first check of each of the tests
// that made the verdict, the hard ones first; the others are in the checks.
func (t trial) reason(v serving.Verdict, findings []finding) string {
	made := slices.DeleteFunc(slices.Clone(findings), func(f finding) bool { return f.informative || f.check.Verdict != v })
	if len(made) == 0 {
		return "nothing to judge by: no objective is stated and there is no arm to compare with"
	}
	slices.SortStableFunc(made, func(a, b finding) int {
		switch {
		case a.hard == b.hard:
			return 0
		case a.hard:
			return -1
		}
		return 1
	})
	var tests, texts []string
	for _, f := range made {
		if !slices.Contains(tests, f.check.Test) {
			tests, texts = append(tests, f.check.Test), append(texts, f.check.Text)
		}
	}
	quoted := strings.Join(texts, "; ")
	if v == serving.VerdictPass {
		return fmt.Sprintf("all %d checks pass: %s", len(made), quoted)
	}
	if more := len(made) - len(texts); more > 0 {
		return fmt.Sprintf("%s; and %d more", quoted, more)
	}
	return quoted
}

// missing says how many samples an arm lacks.
func (t trial) missing(arm side, n int) string {
	return fmt.Sprintf("%d of at least %d samples on %s, %d are missing", n, t.cfg.MinSamples, arm.name, t.cfg.MinSamples-n)
}

// notYetSure says that a single look would fail the canary.
func (t trial) notYetSure() string {
	return fmt.Sprintf("; beyond it at %s%% confidence, of the %.4g%% that one of many looks needs", number(t.cfg.Confidence*100), 100*t.cfg.sure())
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
