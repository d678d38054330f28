package judge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestNextStep(t *testing.T) {
	t.Parallel()
	const minimum, maximum = 60, 300
	look := func(v serving.Verdict) serving.Judgement { return serving.Judgement{Verdict: v, Reason: "because"} }
	pass, fail := look(serving.VerdictPass), look(serving.VerdictFail)
	unsure, few := look(serving.VerdictInconclusive), look(serving.VerdictInsufficientData)
	hard := serving.Judgement{Verdict: serving.VerdictFail, HardAbort: true, Reason: "p95 TTFT 9 s"}
	for _, c := range []struct {
		name     string
		history  []serving.Judgement
		elapsed  float64
		extended bool
		want     judge.Action
	}{
		{"nothing judged yet", nil, 10, false, judge.Keep},
		{"nothing judged until the end is no pass", nil, 300, false, judge.Extend},
		{"nothing judged at all", nil, 600, true, judge.WaitForHuman},
		{"passing before the minimum soaks on", []serving.Judgement{pass}, 59, false, judge.Keep},
		{"passing after the minimum advances", []serving.Judgement{few, pass}, 60, false, judge.Advance},
		{"hard abort needs no second look", []serving.Judgement{hard}, 1, false, judge.Abort},
		{"hard abort after passes", []serving.Judgement{pass, pass, hard}, 20, false, judge.Abort},
		{"one failing look soaks on", []serving.Judgement{pass, fail}, 100, false, judge.Keep},
		{"two failing looks abort", []serving.Judgement{pass, fail, fail}, 100, false, judge.Abort},
		{"failing looks apart do not add up", []serving.Judgement{fail, pass, fail}, 100, false, judge.Keep},
		{"one failing look at the end aborts", []serving.Judgement{pass, fail}, 300, false, judge.Abort},
		{"one failing look at the end of the extension aborts", []serving.Judgement{unsure, fail}, 600, true, judge.Abort},
		{"a pass right after a failure is confirmed", []serving.Judgement{fail, pass}, 100, false, judge.Keep},
		{"a confirmed pass after a failure advances", []serving.Judgement{fail, pass, pass}, 110, false, judge.Advance},
		{"a pass after a failure at the end advances", []serving.Judgement{fail, pass}, 300, false, judge.Advance},
		{"inconclusive soaks on", []serving.Judgement{unsure}, 299, false, judge.Keep},
		{"inconclusive at the end extends", []serving.Judgement{unsure}, 300, false, judge.Extend},
		{"inconclusive in the extension soaks on", []serving.Judgement{unsure}, 599, true, judge.Keep},
		{"inconclusive after the extension waits", []serving.Judgement{unsure}, 600, true, judge.WaitForHuman},
		{"insufficient soaks on", []serving.Judgement{few}, 100, false, judge.Keep},
		{"insufficient at the end extends", []serving.Judgement{few}, 301, false, judge.Extend},
		{"insufficient after the extension waits", []serving.Judgement{few}, 700, true, judge.WaitForHuman},
		{"a verdict from nowhere is no pass", []serving.Judgement{look("splendid")}, 700, true, judge.WaitForHuman},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := judge.NextStep(c.history, c.elapsed, minimum, maximum, c.extended)
			require.Equal(t, c.want, got.Action, got.Reason)
			require.NotEmpty(t, got.Reason)
		})
	}
}

func TestNextStep_MaximumBelowMinimum_SoaksTheMinimum(t *testing.T) {
	t.Parallel()
	history := []serving.Judgement{{Verdict: serving.VerdictInconclusive}}
	require.Equal(t, judge.Keep, judge.NextStep(history, 50, 60, 30, false).Action)
	require.Equal(t, judge.Extend, judge.NextStep(history, 60, 60, 30, false).Action)
}

func TestNextStep_SaysWhy(t *testing.T) {
	t.Parallel()
	got := judge.NextStep([]serving.Judgement{{Verdict: serving.VerdictFail, HardAbort: true, Reason: "p95 TTFT 9 s"}}, 5, 60, 300, false)
	require.Equal(t, "hard abort: p95 TTFT 9 s", got.Reason)
}
