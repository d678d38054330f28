package judge_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestEvidenceBeyond_IsTheMeanLikelihoodRatio(t *testing.T) {
	t.Parallel()
	mean := func(bad, n int, allowed float64) float64 {
		const steps = 200_000
		sum, width := 0.0, (1-allowed)/steps
		for i := range steps {
			p := allowed + (float64(i)+0.5)*width
			sum += math.Pow(p/allowed, float64(bad)) * math.Pow((1-p)/(1-allowed), float64(n-bad)) / steps
		}
		return sum
	}
	for _, c := range []struct {
		bad, n  int
		allowed float64
	}{{1, 1, 0.05}, {3, 5, 0.05}, {4, 9, 0.05}, {2, 40, 0.01}, {40, 60, 0.5}} {
		require.InEpsilon(t, mean(c.bad, c.n, c.allowed), judge.EvidenceBeyond(c.bad, c.n, c.allowed), 1e-3, "%+v", c)
	}
}

func TestEvidenceBeyond_OfNothing_IsNone(t *testing.T) {
	t.Parallel()
	require.Zero(t, judge.EvidenceBeyond(0, 0, 0.05))
	require.Zero(t, judge.EvidenceBeyond(0, 10, 0.05))
	require.Zero(t, judge.EvidenceBeyond(5, 5, 1))
	require.True(t, math.IsInf(judge.EvidenceBeyond(1, 9, 0), 1), "what may never happen has happened")
}

func TestEvidenceBeyond_OfFarLessThanAllowed_IsNextToNone(t *testing.T) {
	t.Parallel()
	for n := 50; n <= 100_000; n *= 2 {
		for bad := range 10 {
			require.Less(t, judge.EvidenceBeyond(min(bad, n/25), n, 0.06), 1.0, "%d of %d", bad, n)
		}
	}
	require.Less(t, judge.EvidenceBeyond(3, 1000, 0.06), 1e-4)
}

// The promise: of canaries at the very edge of what is allowed, who are looked at
// after each of thousands of requests, no more than alpha are ever aborted.
func TestEvidenceBeyond_LookedAtAfterEachRequest_IsRarelyWrong(t *testing.T) {
	t.Parallel()
	const alpha, stages, requests = 0.01, 800, 500
	for _, allowed := range []float64{0.05, 0.2} {
		r, wrong := random(uint64(100*allowed)), 0
		for range stages {
			bad := 0
			for n := 1; n <= requests; n++ {
				if r.Float64() >= allowed {
					continue // a good one never raises the evidence
				}
				bad++
				if judge.EvidenceBeyond(bad, n, allowed) >= 1/alpha {
					wrong++
					break
				}
			}
		}
		require.LessOrEqual(t, wrong, int(2*alpha*stages), "beyond the noise of the stages; allowed %g", allowed)
	}
}

// streams are requests of a TTFT each, a second apart; a negative one failed.
func streams(ttfts ...float64) judge.Arm {
	o := serving.ArmObservation{Variant: serving.Canary, WindowSeconds: 60, Requests: len(ttfts)}
	for i, v := range ttfts {
		s := serving.RequestSample{EndedUnix: float64(i), TTFTSeconds: serving.Known(v)}
		if v < 0 {
			s.TTFTSeconds, s.Failed = serving.Unknown(), true
			o.Failed++
		}
		o.Samples = append(o.Samples, s)
	}
	return judge.Arm{Variant: serving.Canary, Observation: o, Replicas: 1}
}

func TestJudge_FirstRequestsAllCatastrophic_AbortBeforeAHandful(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		arm  judge.Arm
		hard bool
	}{
		{"four of four are far beyond", streams(3, 4, 3, 5), true},
		{"four of nine are", streams(0.1, 3, 0.1, 4, 0.1, 3, 0.1, 5, 0.1), true},
		{"three of nine may be chance", streams(0.1, 3, 0.1, 4, 0.1, 3, 0.1, 0.1, 0.1), false},
		{"two of two are too few", streams(3, 9), false},
		{"three in one moment are one event", streams(3, 3, 3), false},
		{"slow, but not far beyond, is for later looks", streams(1.5, 1.5, 1.5, 1.5), false},
		{"all of the first four fail", streams(-1, -1, -1, -1), true},
		{"one failure of four is nothing yet", streams(-1, 0.1, 0.1, 0.1), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := judge.Judge(judge.DefaultConfig(), []serving.Objective{ttftObjective, errorObjective}, c.arm, nil)
			require.Equal(t, c.hard, j.HardAbort, j.Reason)
		})
	}
}
