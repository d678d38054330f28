package judge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// oneOfMany is the default at one of the looks of a default stage.
func oneOfMany() judge.Config {
	return judge.Config{Looks: judge.Looks{FirstSeconds: 10, LastSeconds: 7200, AtSeconds: 600}}
}

// What one look proves is not proven by one of hundreds, and is no pass either.
func TestJudge_OneOfManyLooks_IsInDoubtWhereASingleOneWouldFail(t *testing.T) {
	t.Parallel()
	r := random(11)
	slower, healthy := arm(r, serving.Canary, traffic{n: 120, slower: 1.24}), arm(r, serving.Baseline, traffic{n: 120, slower: 1})
	failing, few := constant(serving.Canary, 300, 0.1), constant(serving.Baseline, 300, 0.1)
	failing.Observation.Failed, few.Observation.Failed = 12, 2
	for _, c := range []struct {
		name             string
		objective        serving.Objective
		canary, baseline judge.Arm
	}{
		{"latency ratio", serving.Objective{Name: "e2e-p95", Metric: serving.MetricE2E, Quantile: 0.95, Threshold: 100}, slower, healthy},
		{"errors", serving.Objective{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.5}, failing, few},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			objectives := []serving.Objective{c.objective}
			single := judge.Judge(judge.Config{}, objectives, c.canary, &c.baseline)
			require.Equal(t, serving.VerdictFail, single.Verdict, single.Reason)
			many := judge.Judge(oneOfMany(), objectives, c.canary, &c.baseline)
			require.Equal(t, serving.VerdictInconclusive, many.Verdict, many.Reason)
		})
	}
}

func TestJudge_ManyLooks_StillFailWhatIsPlainlyWorse(t *testing.T) {
	t.Parallel()
	r := random(12)
	slower, healthy := arm(r, serving.Canary, traffic{n: 300, slower: 2}), arm(r, serving.Baseline, traffic{n: 300, slower: 1})
	j := judge.Judge(oneOfMany(), latencyObjectives, slower, &healthy)
	require.Equal(t, serving.VerdictFail, j.Verdict, j.Reason)
}

func TestJudge_ManyLooks_PassWhatASingleOnePasses(t *testing.T) {
	t.Parallel()
	r := random(13)
	canary, healthy := arm(r, serving.Canary, traffic{n: 300, slower: 0.8}), arm(r, serving.Baseline, traffic{n: 300, slower: 1})
	require.Equal(t, serving.VerdictPass, judge.Judge(judge.Config{}, latencyObjectives, canary, &healthy).Verdict)
	require.Equal(t, serving.VerdictPass, judge.Judge(oneOfMany(), latencyObjectives, canary, &healthy).Verdict)
}

func TestConfigValidate_LooksThatAreNoPlan_AreRefused(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, judge.Config{Looks: judge.Looks{Spending: "all"}}.Validate(), "looks.spending")
	require.ErrorContains(t, judge.Config{Looks: judge.Looks{LastSeconds: -1}}.Validate(), "looks")
	require.NoError(t, judge.Config{Looks: judge.Looks{Spending: judge.SpendLate}}.Validate())
}
