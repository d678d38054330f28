package judge_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
)

func planned(s judge.Spending) judge.Looks {
	return judge.Looks{FirstSeconds: 10, LastSeconds: 7200, Spending: s}
}

func TestLevel_OneLook_SpendsAll(t *testing.T) {
	t.Parallel()
	require.Equal(t, 0.025, judge.Looks{}.Level(0.025))
	require.Equal(t, 0.025, judge.Looks{FirstSeconds: 60, LastSeconds: 60}.Level(0.025))
}

// Published: for alpha 0.025 on one side O'Brien and Fleming's boundary under
// looks without pause is 2.2414 at the end and grows with the root of the time.
func TestLevel_SpentLate_IsOBrienAndFlemings(t *testing.T) {
	t.Parallel()
	l := planned(judge.SpendLate)
	l.AtSeconds = 7200
	require.InDelta(t, 2.2414, -judge.NormalQuantile(l.Level(0.025)), 1e-3)
	l.AtSeconds = 1800
	require.InDelta(t, 2*2.2414, -judge.NormalQuantile(l.Level(0.025)), 1e-2)
}

func TestLevel_SpentEvenly_IsTheSameAtEveryLookAndSmallerForMoreTime(t *testing.T) {
	t.Parallel()
	l := planned(judge.SpendEvenly)
	at := l
	at.AtSeconds = 600
	require.Equal(t, l.Level(0.025), at.Level(0.025))
	require.Less(t, l.Level(0.025), 0.025/8)
	shorter := l
	shorter.LastSeconds = 1200
	require.Greater(t, shorter.Level(0.025), l.Level(0.025))
	require.Less(t, l.Level(0.01), l.Level(0.025))
}

// The promise, on a Brownian motion looked at every ten seconds for two hours.
func TestLevel_AllLooksTogether_ErrNoMoreThanOne(t *testing.T) {
	t.Parallel()
	const alpha, stages, looks = 0.05, 2000, 720
	for _, spending := range []judge.Spending{judge.SpendEvenly, judge.SpendLate} {
		l, heights := planned(spending), make([]float64, looks+1)
		for i := 1; i <= looks; i++ {
			l.AtSeconds = 10 * float64(i)
			heights[i] = -judge.NormalQuantile(l.Level(alpha))
		}
		r, wrong := random(uint64(len(spending))), 0
		for range stages {
			at := 0.0
			for i := 1; i <= looks; i++ {
				at += r.NormFloat64()
				if at/math.Sqrt(float64(i)) > heights[i] {
					wrong++
					break
				}
			}
		}
		share := float64(wrong) / stages
		require.LessOrEqual(t, share, alpha, spending)
		require.GreaterOrEqual(t, share, 0.4*alpha, "%s wastes more than it must", spending)
	}
}
