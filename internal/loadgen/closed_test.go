package loadgen_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func closedLoop(users int) serving.LoadSpec {
	return serving.LoadSpec{Workload: workload(0, 8, 2), Profile: serving.ProfileClosed, Concurrency: users, Seed: 1}
}

func TestClosed_KeepsItsNumberInFlight(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	e := &fakeEngine{answer: func(w http.ResponseWriter, r *http.Request, _ int) bool {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		pause(r.Context(), 20*time.Millisecond)
		now.Add(-1) // before its answer ends, after which the next may come at once
		sendToken(w)
		sendData(w, "[DONE]")
		return true
	}}
	spec := closedLoop(6)
	spec.DurationSeconds = 0.6

	got, err := patient().Steady(t.Context(), e.start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Equal(t, 6, got.Concurrency)
	require.EqualValues(t, 6, most.Load())
	require.Zero(t, got.Errors)
	require.Equal(t, got.Requests, got.Good)
	require.Len(t, e.requests(), got.Requests)
	require.Equal(t, got.SentPerSecond, got.RatePerSecond, "the rate is whatever came of it")
	require.LessOrEqual(t, got.RatePerSecond, 6/0.020, "a timer never fires early")
}

func TestClosed_NumberOfRequests_EndsIt(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{}
	spec := closedLoop(3)
	spec.MaxRequests = 20

	got, err := patient().Steady(t.Context(), e.start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Equal(t, 20, got.Requests)
	require.Len(t, e.requests(), 20)
	require.Positive(t, got.DurationSeconds)
	texts := map[string]bool{}
	for _, r := range e.requests() {
		texts[r.Prompt] = true
	}
	require.Len(t, texts, 20, "no user repeats another's prompt")
}

func TestClosed_Warmup_IsNotCounted(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{ttft: 10 * time.Millisecond}
	spec := closedLoop(2)
	spec.WarmupSeconds, spec.MaxRequests = 0.2, 10

	got, err := patient().Steady(t.Context(), e.start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Equal(t, 10, got.Requests)
	require.Greater(t, len(e.requests()), 10)
}

func TestLadder_Once_MeasuresTheProfileItself(t *testing.T) {
	t.Parallel()
	ramp := serving.LoadSpec{Workload: workload(20, 8, 2), Profile: serving.ProfileRamp, RampToRate: 60, DurationSeconds: 0.5, Seed: 1}
	closed := closedLoop(4)
	closed.MaxRequests = 30
	for name, base := range map[string]serving.LoadSpec{"ramp": ramp, "closed": closed, "trace": replay(t, serving.LoadSpec{}),
		"open": {Workload: workload(50, 8, 2), DurationSeconds: 0.3, Seed: 1}} {
		e := &fakeEngine{}
		spec := serving.LadderSpec{Base: base, Search: serving.SearchOnce, Objectives: []serving.Objective{objective(serving.MetricE2E, 0.9, 30)}}
		var told int
		got, err := patient().Ladder(t.Context(), e.start(t), "m", spec, func(serving.LadderStep) { told++ })
		require.NoError(t, err, name)
		require.Equal(t, 1, told)
		require.Len(t, got.Steps, 1)
		require.Equal(t, serving.RungPass, got.Steps[0].Verdict, name)
		require.Equal(t, got.Steps[0].Load, got.Reference)
		require.Equal(t, got.Reference.RatePerSecond, got.MaxGood)
		require.Len(t, e.requests(), got.Reference.Requests)
		require.Contains(t, got.Ended, "one load")
	}
}

func TestLadder_RatesGiven_AreTheRungs(t *testing.T) {
	t.Parallel()
	spec := ladderSpec(10)
	spec.Search, spec.Rates = serving.SearchRates, []float64{12, 25, 8 * slottedCapacity, 9 * slottedCapacity}
	spec.Objectives = []serving.Objective{objective(serving.MetricTTFT, 0.9, 2)}

	got, err := patient().Ladder(t.Context(), slotted().start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Len(t, got.Steps, 3, "beyond a failure nothing is tried")
	require.Equal(t, serving.RungFail, got.Steps[2].Verdict)
	require.Equal(t, 12.0, got.Reference.RatePerSecond)
}

func TestSteady_StopRules_EndIt(t *testing.T) {
	t.Parallel()
	broken := func(w http.ResponseWriter, _ *http.Request, n int) bool {
		if n%2 == 0 {
			http.Error(w, "no", http.StatusInternalServerError)
		}
		return n%2 == 0
	}
	for want, rules := range map[string]serving.StopRules{
		"the rule allows fewer than 5": {MaxErrors: 5},
		"requests have failed":         {MaxErrorRate: 0.2},
	} {
		e := &fakeEngine{answer: broken}
		spec := serving.LoadSpec{Workload: workload(200, 8, 2), DurationSeconds: 60, Seed: 1, Stop: &rules}
		got, err := patient().Steady(t.Context(), e.start(t), "m", spec, nil)
		require.NoError(t, err)
		require.Contains(t, got.Stopped, want)
		require.Less(t, got.DurationSeconds, 30.0)
		require.Positive(t, got.Errors)
	}
}

func TestSteady_OverSaturation_EndsItWhenAsked(t *testing.T) {
	t.Parallel()
	spec := serving.LoadSpec{Workload: workload(4*slottedCapacity, 8, 2), DurationSeconds: 4, Seed: 1,
		Stop: &serving.StopRules{OverSaturation: true}, RequestTimeoutSeconds: 30}
	got, err := patient().Steady(t.Context(), slotted().start(t), "m", spec, nil)
	require.NoError(t, err)
	require.Contains(t, got.Stopped, "over-saturated")
	require.Positive(t, got.Abandoned)
	require.Zero(t, got.Errors)
}

func TestLadder_Confidence_EndsRungsThatAreDecided(t *testing.T) {
	t.Parallel()
	spec := ladderSpec(150)
	spec.Search, spec.Rates, spec.Confidence = serving.SearchRates, []float64{150}, 0.95
	spec.StepSeconds, spec.MinRequests = 1.5, 100
	spec.Objectives = []serving.Objective{objective(serving.MetricTTFT, 0.9, 30)}

	got, err := patient().Ladder(t.Context(), (&fakeEngine{}).start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Equal(t, serving.RungPass, got.Steps[0].Verdict)
	require.Contains(t, got.Steps[0].Load.Stopped, "decided after")
	require.GreaterOrEqual(t, got.Steps[0].Load.DurationSeconds, 1.5, "not before its least length")
	require.Less(t, got.Steps[0].Load.DurationSeconds, 4.4, "of the 4.5 s it might have taken")
	require.Zero(t, got.Steps[0].Load.Abandoned, "what was on its way has ended")
	require.Less(t, got.Steps[0].Attained[0].High, 0.1)
}

func TestLadder_Confidence_TooFewRequests_AreNoVerdict(t *testing.T) {
	t.Parallel()
	spec := ladderSpec(20)
	spec.Search, spec.Rates, spec.Confidence = serving.SearchRates, []float64{20}, 0.95
	spec.StepSeconds, spec.MinRequests, spec.Attainment = 0.3, 1, 0.95
	spec.Objectives = []serving.Objective{objective(serving.MetricTTFT, 0.95, 30)}

	got, err := patient().Ladder(t.Context(), (&fakeEngine{}).start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Equal(t, serving.RungIndeterminate, got.Steps[0].Verdict, "18 good requests do not prove 95%%")
	require.Len(t, got.Steps[0].Attained, 2)
	require.Zero(t, got.MaxGood)
	require.False(t, got.MinBad.IsKnown())
}

func TestLadder_Attainment_IsOfAllObjectivesTogether(t *testing.T) {
	t.Parallel()
	slow := func(w http.ResponseWriter, r *http.Request, n int) bool {
		if n%4 == 0 {
			pause(r.Context(), 400*time.Millisecond)
		}
		return false
	}
	spec := ladderSpec(40)
	spec.Search, spec.Rates = serving.SearchRates, []float64{40}
	spec.Objectives = []serving.Objective{objective(serving.MetricTTFT, 0.5, 0.3)} // half of them may be slower
	for attainment, want := range map[float64]serving.Outcome3{0: serving.RungPass, 0.9: serving.RungFail} {
		spec.Attainment = attainment
		got, err := patient().Ladder(t.Context(), (&fakeEngine{answer: slow}).start(t), "m", spec, nil)
		require.NoError(t, err)
		require.Equal(t, want, got.Steps[0].Verdict)
	}
}

func TestLadder_UnknownProtocol_IsPermanent(t *testing.T) {
	t.Parallel()
	spec := ladderSpec(1)
	spec.Base.Protocol = "grpc"
	_, err := patient().Ladder(t.Context(), "http://h", "m", spec, nil)
	require.ErrorIs(t, err, serving.ErrPermanent)
	require.ErrorContains(t, err, "use openai-chat")
}

func TestLadder_Sessions_GrowingHistoriesAreNoBacklog(t *testing.T) {
	t.Parallel()
	p := &polyglot{}
	spec := ladderSpec(60)
	spec.Search, spec.Rates, spec.MinRequests = serving.SearchRates, []float64{60}, 40
	spec.Base.Workload.Sessions = &serving.Sessions{Turns: fixed(4), ThinkSeconds: 0.01}
	spec.Objectives = []serving.Objective{objective(serving.MetricTTFT, 0.9, 30)}

	got, err := patient().Ladder(t.Context(), p.start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Equal(t, serving.RungPass, got.Steps[0].Verdict, got.Steps[0].Breaches)
	require.GreaterOrEqual(t, got.Steps[0].Load.Requests, 36, "turns count as the requests they are")
}
