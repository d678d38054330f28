package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestJudgeAgain_GainRepeats_OnlyWhenTheBracketsOverlapAndItIsAGain(t *testing.T) {
	t.Parallel()
	run := serving.Comparison{ThroughputRatio: 4, ThroughputRatioLow: 3, ThroughputRatioHigh: 5}
	for name, c := range map[string]struct {
		low, high float64
		gained    bool
		want      bool
	}{
		"within":                 {3.5, 4.5, true, true},
		"touching from below":    {2, 3, true, true},
		"below":                  {1.5, 2.9, true, false},
		"above":                  {5.1, 6, true, false},
		"not bounded above":      {2, 0, true, true},
		"beyond and not bounded": {5.1, 0, true, false},
		"no gain by itself":      {3.5, 4.5, false, false},
	} {
		again := serving.Comparison{ThroughputRatio: c.low, ThroughputRatioLow: c.low, ThroughputRatioHigh: c.high}
		require.Equal(t, c.want, judgeAgain(run, again, c.gained, "").Repeats, name)
	}
}

func TestJudgeAgain_RunWithoutUpperBound_IsNeverExceeded(t *testing.T) {
	t.Parallel()
	run := serving.Comparison{ThroughputRatio: 4, ThroughputRatioLow: 3}
	r := judgeAgain(run, serving.Comparison{ThroughputRatio: 9, ThroughputRatioLow: 8, ThroughputRatioHigh: 10}, true, "")
	require.True(t, r.Repeats)
	require.Contains(t, r.String(), "3.00x or more")
}
