package loadgen_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// slotted is an engine of 4 slots that are each busy for 100 ms a request: it
// can serve 40 requests a second and not one more.
func slotted() *fakeEngine {
	return &fakeEngine{slots: make(chan struct{}, 4), ttft: 80 * time.Millisecond, itl: 20 * time.Millisecond}
}

const slottedCapacity = 40.0

func ladderSpec(reference float64) serving.LadderSpec {
	return serving.LadderSpec{
		Base:        serving.LoadSpec{Workload: workload(reference, 8, 2), Seed: 5},
		Objectives:  []serving.Objective{objective(serving.MetricTTFT, 0.9, 0.4)},
		StepSeconds: 0.8, MinRequests: 10, Resolution: 0.4, MaxSteps: 10,
	}
}

// attempts is how often a ladder may be spoilt by what else the host is doing:
// a stolen processor can only lower what passes. A generator that is wrong is
// wrong every time.
const attempts = 3

func TestLadder_EngineOfKnownCapacity_FindsIt(t *testing.T) {
	t.Parallel()
	target := slotted().start(t)
	var got serving.LadderResult
	for range attempts {
		var told []serving.LadderStep
		var err error
		got, err = patient().Ladder(t.Context(), target, "m", ladderSpec(10),
			func(s serving.LadderStep) { told = append(told, s) })
		require.NoError(t, err)
		require.Equal(t, got.Steps, told, "progress sees every rung")
		require.Less(t, got.MaxGood, 1.5*slottedCapacity, "a short rung forgives only a little")
		if got.MaxGood > 0.35*slottedCapacity {
			break
		}
	}
	require.Greater(t, got.MaxGood, 0.35*slottedCapacity)
	require.Equal(t, 10.0, got.Steps[0].Load.RatePerSecond)
	require.Equal(t, got.Steps[0].Load, got.Reference)
	bad, known := got.MinBad.Get()
	require.True(t, known)
	require.Greater(t, bad, got.MaxGood)
	require.Equal(t, got.MaxGood, got.Best.RatePerSecond)
	require.Contains(t, got.Ended, "known within")
	for _, s := range got.Steps {
		if s.Verdict == serving.RungFail {
			require.NotEmpty(t, s.Breaches, "a failing rung says why")
		}
	}
}

func TestLadder_PlainlyLostRung_StopsEarly(t *testing.T) {
	t.Parallel()
	e := slotted()
	spec := ladderSpec(4 * slottedCapacity)
	spec.StepSeconds, spec.MaxSteps = 15, 1

	got, err := patient().Ladder(t.Context(), e.start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Len(t, got.Steps, 1)
	require.Equal(t, serving.RungFail, got.Steps[0].Verdict)
	require.Less(t, got.Steps[0].Load.DurationSeconds, 14.0)
	require.Positive(t, got.Steps[0].Load.Abandoned)
	require.Zero(t, got.Steps[0].Load.Errors, "what the generator cut off is no error of the engine")
	require.Less(t, len(e.requests()), 2200, "of the 2,400 planned")
	require.Zero(t, got.MaxGood)
	require.Equal(t, 4*slottedCapacity, got.Reference.RatePerSecond)
}

func TestLadder_QueueGrowsWithoutAnObjectiveOnIt_Fails(t *testing.T) {
	t.Parallel()
	spec := ladderSpec(3 * slottedCapacity)
	spec.Objectives = []serving.Objective{objective(serving.MetricITL, 0.9, 10)}
	spec.StepSeconds, spec.MaxSteps = 1.2, 1

	got, err := patient().Ladder(t.Context(), slotted().start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Equal(t, serving.RungFail, got.Steps[0].Verdict)
	require.Contains(t, got.Steps[0].Breaches[0].Text, "over-saturated")
}

func TestLadder_EngineThatFails_FindsNothingGood(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{answer: func(w http.ResponseWriter, _ *http.Request, n int) bool {
		if n%2 == 0 {
			http.Error(w, "out of memory", http.StatusInternalServerError)
		}
		return n%2 == 0
	}}
	spec := ladderSpec(200)
	spec.StepSeconds = 0.2

	got, err := patient().Ladder(t.Context(), e.start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Zero(t, got.MaxGood)
	require.Contains(t, got.Ended, "nothing passes")
	require.Positive(t, got.Reference.ErrorKinds["http_500"])
}

func TestLadder_LateGenerator_EndsAndSaysSo(t *testing.T) {
	t.Parallel()
	g := loadgen.New(loadgen.Options{MaxLag: time.Nanosecond})

	spec := ladderSpec(5)
	spec.Objectives, spec.MinRequests = nil, 0 // nothing that a busy host could break

	got, err := g.Ladder(t.Context(), slotted().start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Len(t, got.Steps, 2, "repeated once")
	for _, s := range got.Steps {
		require.Equal(t, serving.RungInvalid, s.Verdict)
	}
	require.Zero(t, got.MaxGood)
	require.Contains(t, got.Ended, "no valid measurement")
	require.Contains(t, got.Reference.Invalid, "late")
}

func TestLadder_LateGeneratorAndSlowEngine_TheEngineIsToBlame(t *testing.T) {
	t.Parallel()
	g := loadgen.New(loadgen.Options{MaxLag: time.Nanosecond})
	spec := ladderSpec(20)
	spec.MaxSteps = 1
	spec.Objectives = []serving.Objective{objective(serving.MetricE2E, 0.9, 0.05)} // it takes 100 ms

	got, err := g.Ladder(t.Context(), slotted().start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Equal(t, serving.RungFail, got.Steps[0].Verdict)
}

func TestLadder_Rungs_ShareLengthsAndPrefixesButNoPrompt(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{}
	spec := ladderSpec(30)
	spec.Base.Workload.PrefixShare, spec.Base.Workload.PromptTokens = 0.5, fixed(40)
	spec.StepSeconds, spec.MaxSteps = 0.3, 3
	got, err := patient().Ladder(t.Context(), e.start(t), "m", spec, nil)
	require.NoError(t, err)
	require.Len(t, got.Steps, 3)

	seen := map[string]bool{}
	var longest completion
	for _, c := range e.requests() {
		require.False(t, seen[c.Prompt], "a prompt was sent twice")
		seen[c.Prompt] = true
		if c.MaxTokens == 2 { // not a probe
			if longest.Prompt == "" {
				longest = c
			}
			require.GreaterOrEqual(t, commonWords(longest.Prompt, c.Prompt), 20)
		}
	}
}

func TestLadder_AfterAnAbandonedRung_WaitsForTheEngineToRecover(t *testing.T) {
	t.Parallel()
	const slowProbes = 2
	var after atomic.Int64 // probes since the first rung
	ended := make(chan struct{})
	e := &fakeEngine{}
	e.answer = func(_ http.ResponseWriter, r *http.Request, n int) bool {
		select {
		case <-ended:
			if e.requests()[n].MaxTokens == 1 && after.Add(1) <= slowProbes {
				pause(r.Context(), time.Second) // still busy with what was abandoned
			}
			return false
		default:
		}
		if n == 0 {
			return false // the probe of the idle engine
		}
		<-r.Context().Done() // hopeless
		return true
	}
	spec := ladderSpec(20)
	spec.StepSeconds, spec.MaxSteps = 0.3, 2

	_, err := patient().Ladder(t.Context(), e.start(t), "m", spec, func(serving.LadderStep) {
		select {
		case <-ended:
		default:
			close(ended)
		}
	})

	require.NoError(t, err)
	probes := 0
	for _, c := range e.requests()[1:] {
		if c.MaxTokens == 1 {
			probes++
		} else if probes > 0 {
			break // the second rung
		}
	}
	require.Greater(t, probes, slowProbes)
}

func TestLadder_WrongInput_IsPermanent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*serving.LadderSpec){
		"no reference":  func(s *serving.LadderSpec) { s.Base.Workload.RatePerSecond = 0 },
		"bad objective": func(s *serving.LadderSpec) { s.Objectives[0].Quantile = 7 },
	} {
		spec := ladderSpec(20)
		change(&spec)
		_, err := patient().Ladder(context.Background(), "http://h", "m", spec, nil)
		require.ErrorIs(t, err, serving.ErrPermanent, name)
	}
}

func TestLadder_CanceledInTheSecondRung_ReturnsWhatItKnowsAtOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stuck := make(chan struct{}, 1000)
	var held atomic.Bool
	e := &fakeEngine{answer: func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		if !held.Load() {
			return false
		}
		stuck <- struct{}{}
		<-r.Context().Done()
		return true
	}}
	spec := ladderSpec(8)
	spec.Objectives, spec.MinRequests = nil, 0

	type ending struct {
		result serving.LadderResult
		err    error
	}
	ended := make(chan ending, 1)
	target := e.start(t)
	go func() {
		result, err := patient().Ladder(ctx, target, "m", spec, func(serving.LadderStep) { held.Store(true) })
		ended <- ending{result, err}
	}()
	<-stuck
	cancel()
	got := <-ended

	require.ErrorIs(t, got.err, context.Canceled)
	require.Len(t, got.result.Steps, 1)
	require.Equal(t, 8.0, got.result.MaxGood)
	e.serving.Wait() // every request was let go: the handlers wait for their clients to leave
}
