package serving_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestJudgeColdStart_HoldsItToThePolicyOrThePresentConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy   float64
		seconds  float64
		baseline serving.Measure
		verdict  serving.Verdict
		says     string
	}{
		"as quick":                        {0, 40, serving.Known(40), serving.VerdictPass, "allowed are 300.0 s"},
		"ten times as slow and still few": {0, 299, serving.Known(30), serving.VerdictPass, "took 299.0 s"},
		"beyond the floor":                {0, 301, serving.Known(30), serving.VerdictFail, "the greater of 300 s and 3 times the 30.0 s"},
		"a large model":                   {0, 1700, serving.Known(600), serving.VerdictPass, "allowed are 1800.0 s"},
		"three times a large model":       {0, 1801, serving.Known(600), serving.VerdictFail, "allowed are 1800.0 s"},
		"strict policy":                   {20, 21, serving.Known(40), serving.VerdictFail, "the fleet's policy"},
		"lenient policy":                  {900, 800, serving.Known(40), serving.VerdictPass, "the fleet's policy"},
		"policy and no baseline":          {20, 21, serving.Unknown(), serving.VerdictFail, "the fleet's policy"},
		"nothing to hold it to":           {0, 4000, serving.Unknown(), serving.VerdictInsufficientData, "nobody has measured"},
	} {
		got := serving.JudgeColdStart(serving.Policy{MaxReadySeconds: c.policy}, c.seconds, c.baseline)
		require.Equal(t, c.verdict, got.Verdict, name)
		require.Contains(t, got.Reason, c.says, name)
		require.Equal(t, c.seconds, got.Seconds, name)
	}
}
