package activities_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// bothArms is a canary and a baseline of one replica each.
func bothArms() *production {
	return &production{variants: []serving.VariantStatus{{Variant: serving.Canary, Endpoints: []string{"http://c"}},
		{Variant: serving.Baseline, Endpoints: []string{"http://b"}}},
		looks: []look{{canarySplit, []serving.ArmObservation{arm(serving.Canary, 200, 0.2), arm(serving.Baseline, 200, 0.2)}}}}
}

func judgeAgain(t *testing.T, p *production, before activities.JudgeStageResult) activities.JudgeStageResult {
	t.Helper()
	var out activities.JudgeStageResult
	require.NoError(t, run(t, activities.NewJudging(p, p, p), "JudgeStage", activities.JudgeStageInput{Fleet: chat,
		Reference: serving.Baseline, Config: judge.DefaultConfig(), Weights: canarySplit, Marks: before.Marks, Gauges: before.Gauges}, &out))
	return out
}

func TestJudgeStage_FirstLook_MarksWhereTheEnginesStand(t *testing.T) {
	t.Parallel()
	first := judgeAgain(t, bothArms(), activities.JudgeStageResult{})
	require.Len(t, first.Marks, 2)
	require.Contains(t, first.Judgement.Notes[0], "counted from this look on")
}

func TestJudgeStage_LaterLook_CountsSinceTheMarkWhateverWorkerItRunsOn(t *testing.T) {
	t.Parallel()
	p := bothArms()
	first := judgeAgain(t, p, activities.JudgeStageResult{})
	second := judgeAgain(t, p, first) // by an activity that knows nothing but its input
	require.Empty(t, second.Marks, "the window goes on")
	require.Empty(t, second.Judgement.Notes)
	require.Equal(t, 4.0, second.Gauges[0].Waiting.N+second.Gauges[1].Waiting.N, "two looks at each of two arms")
}

func TestJudgeStage_ReplicaReplaced_BeginsBothWindowsAnew(t *testing.T) {
	t.Parallel()
	p := bothArms()
	first := judgeAgain(t, p, activities.JudgeStageResult{})
	p.variants[0].Endpoints = []string{"http://c2"}
	second := judgeAgain(t, p, first)
	require.Len(t, second.Marks, 2)
	require.Contains(t, second.Judgement.Notes[0], "replaced by http://c2")
	require.Contains(t, second.Judgement.Notes[1], "as the other arm is")
}

func TestJudgeStage_EnginesUnreadable_JudgesByTheRouterAndKeepsTheMarks(t *testing.T) {
	t.Parallel()
	p := bothArms()
	first := judgeAgain(t, p, activities.JudgeStageResult{})
	p.unreadable = errors.New("connection refused")
	second := judgeAgain(t, p, first)
	require.Empty(t, second.Marks, "a page that hangs once must not cost the window")
	require.Equal(t, serving.VerdictPass, second.Judgement.Verdict, second.Judgement.Reason)
	require.Contains(t, second.Judgement.Notes[0], "connection refused")
}

func TestJudgeStage_RouterWithoutSamples_CountsRequestsSinceTheMark(t *testing.T) {
	t.Parallel()
	p := bothArms()
	p.unsampled = true
	count := func(requests, failed int64, epoch string) {
		p.counters = []serving.ArmCounters{{Variant: serving.Canary, Requests: requests, Failed: failed, Epoch: epoch},
			{Variant: serving.Baseline, Requests: requests, Epoch: "1"}}
	}
	count(1000, 900, "1")
	first := judgeAgain(t, p, activities.JudgeStageResult{})
	require.Zero(t, first.Judgement.Canary.Requests, "what was counted before the window is not of the window")
	require.Equal(t, serving.VerdictInsufficientData, first.Judgement.Verdict)
	count(1200, 960, "1")
	second := judgeAgain(t, p, first)
	require.Equal(t, 200, second.Judgement.Canary.Requests)
	require.Equal(t, 60, second.Judgement.Canary.Failed)
	require.Equal(t, serving.VerdictFail, second.Judgement.Verdict)
	require.True(t, second.Judgement.HardAbort)

	count(30, 0, "2")
	third := judgeAgain(t, p, first)
	require.Len(t, third.Marks, 2, "the router began to count anew")
	require.Zero(t, third.Judgement.Canary.Requests)
}

func TestJudgeStage_RouterThatCountsNothing_TakesTheEnginesCount(t *testing.T) {
	t.Parallel()
	p := bothArms()
	p.unsampled = true
	first := judgeAgain(t, p, activities.JudgeStageResult{})
	second := judgeAgain(t, p, first)
	require.NotEqual(t, serving.VerdictPass, second.Judgement.Verdict, "these engines count no requests")
	require.Contains(t, second.Judgement.Notes[0], "keeps no single requests")
}
