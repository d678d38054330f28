package judge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// tellingRunning is an arm over the window 1000 to 1060 whose router tells of the
// given running requests.
func tellingRunning(a judge.Arm, running ...serving.RunningRequest) judge.Arm {
	a.Observation.SinceUnix, a.Observation.WindowSeconds = 1000, 60
	a.Observation.Running = append([]serving.RunningRequest{}, running...)
	for i := range a.Observation.Samples {
		a.Observation.Samples[i].EndedUnix += 1000
	}
	return a
}

func awaiting(age float64) serving.RunningRequest {
	return serving.RunningRequest{AgeSeconds: age, AwaitsToken: true}
}

func TestDecided_RunningBeyondTheThreshold_IsAMissOfAtLeastItsAge(t *testing.T) {
	t.Parallel()
	o := tellingRunning(constant(serving.Canary, 3, 0.2), awaiting(9), awaiting(0.5)).Observation
	got := judge.Decided(o, serving.MetricTTFT, 1)
	require.Equal(t, 4, got.Count(), "what is young may still keep the threshold")
	require.Equal(t, 1, got.Running)
	require.Equal(t, 1, got.Above(1))
	require.Equal(t, 1, got.Above(8.9))
	require.InDelta(t, 1060-9+1, got.MissedUnix.Or(0), 1e-9, "when it passed the threshold")
}

func TestDecided_RequestThatEnds_CountsOnceAndInOneWindowOnly(t *testing.T) {
	t.Parallel()
	ended := serving.RequestSample{EndedUnix: 1020, TTFTSeconds: serving.Known(24), E2ESeconds: serving.Known(30)}
	first := serving.ArmObservation{SinceUnix: 980, WindowSeconds: 20, Running: []serving.RunningRequest{awaiting(10)}}
	second := serving.ArmObservation{SinceUnix: 1000, WindowSeconds: 60, Running: []serving.RunningRequest{}, Samples: []serving.RequestSample{ended}}
	require.Equal(t, 1, judge.Decided(first, serving.MetricTTFT, 1).Above(1), "it passed the threshold at 991")
	require.Zero(t, judge.Decided(second, serving.MetricTTFT, 1).Count())
	require.Equal(t, 1, judge.Decided(second, serving.MetricE2E, 20).Above(20), "20 s were over at 1010")
	second.Running = nil
	require.Equal(t, 1, judge.Decided(second, serving.MetricTTFT, 1).Count(), "without word of running ones it counts at its end")
}

func TestDecided_StreamWhoseTokenCame_CountsByItAlthoughItRuns(t *testing.T) {
	t.Parallel()
	good := serving.RunningRequest{AgeSeconds: 40, TTFTSeconds: serving.Known(0.2)}
	o := serving.ArmObservation{SinceUnix: 1000, WindowSeconds: 60, Running: []serving.RunningRequest{good, awaiting(30)}}
	got := judge.Decided(o, serving.MetricTTFT, 1)
	require.Equal(t, 2, got.Count(), "slow ones alone would make every long answer a disaster")
	require.Equal(t, 1, got.Above(1))
	require.Equal(t, 2, judge.Decided(o, serving.MetricE2E, 20).Above(20))
}

func TestDecided_AnswerInOnePiece_HasNoFirstTokenToWaitFor(t *testing.T) {
	t.Parallel()
	o := serving.ArmObservation{SinceUnix: 1000, WindowSeconds: 60, Running: []serving.RunningRequest{{AgeSeconds: 30}}}
	require.Zero(t, judge.Decided(o, serving.MetricTTFT, 1).Count())
	require.Zero(t, judge.Decided(o, serving.MetricITL, 0.1).Count(), "a mean gap is open until the end")
	require.Equal(t, 1, judge.Decided(o, serving.MetricE2E, 1).Count())
}

// In the steady state the share of misses is that of the requests, whatever part
// of them is still running: a window must not be fuller of slow ones than the load.
func TestDecided_SteadyLoad_SharesOfMissesAreTrue(t *testing.T) {
	t.Parallel()
	const threshold, slow, since, now = 5.0, 60.0, 10_000.0, 10_015.0
	o := serving.ArmObservation{SinceUnix: since, WindowSeconds: now - since, Running: []serving.RunningRequest{}}
	arrived, missed := 0, 0
	for at := 9_000.0; at < now; at += 0.01 {
		takes := 0.5
		if arrived++; arrived%20 == 0 {
			takes, missed = slow, missed+1
		}
		if ends := at + takes; ends > now {
			o.Running = append(o.Running, serving.RunningRequest{AgeSeconds: now - at})
		} else if ends >= since {
			o.Samples = append(o.Samples, serving.RequestSample{EndedUnix: ends, E2ESeconds: serving.Known(takes)})
		}
	}
	got := judge.Decided(o, serving.MetricE2E, threshold)
	require.InDelta(t, 0.05, float64(got.Above(threshold))/float64(got.Count()), 0.003)
}

func TestJudge_CanaryThatHangs_IsAbortedThoughNothingEnds(t *testing.T) {
	t.Parallel()
	canary := tellingRunning(judge.Arm{Variant: serving.Canary, Observation: serving.ArmObservation{Variant: serving.Canary}},
		awaiting(12), awaiting(9), awaiting(7), awaiting(5), awaiting(4))
	baseline := tellingRunning(constant(serving.Baseline, 10, 0.2))
	j := judge.Judge(judge.DefaultConfig(), []serving.Objective{ttftObjective}, canary, &baseline)
	require.Equal(t, serving.VerdictFail, j.Verdict)
	require.True(t, j.HardAbort)
	require.Contains(t, j.Reason, "5 of them not ended")
	require.Empty(t, j.Notes)
}

func TestJudge_FleetThatHangsAsAWhole_IsNotTheCanarysFault(t *testing.T) {
	t.Parallel()
	hangs := []serving.RunningRequest{awaiting(12), awaiting(9), awaiting(7), awaiting(5), awaiting(4)}
	canary := tellingRunning(judge.Arm{Variant: serving.Canary}, hangs...)
	baseline := tellingRunning(judge.Arm{Variant: serving.Baseline}, hangs...)
	j := judge.Judge(judge.DefaultConfig(), []serving.Objective{ttftObjective}, canary, &baseline)
	require.False(t, j.HardAbort, j.Reason)
}

func TestJudge_RouterThatCannotTell_SaysSo(t *testing.T) {
	t.Parallel()
	canary := constant(serving.Canary, 60, 0.2)
	j := judge.Judge(judge.DefaultConfig(), []serving.Objective{ttftObjective}, canary, nil)
	require.Contains(t, j.Notes[0], "does not tell which requests are still running")
}
