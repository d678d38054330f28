package workflows_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// eager reports the present configuration of an improvable world.
func eager(c serving.EngineConfig) bool {
	v, set := c.Get("--enforce-eager")
	return set && v != "false"
}

// giving is a run that tries one configuration of the user's besides the
// defaults.
func giving() workflows.OptimizeInput {
	in := optimizeInput()
	in.Options.Candidates = []serving.EngineConfig{vllmConfig("--max-num-seqs", "64", "--quantization", "fp8")}
	return in
}

// quantized makes only FP8 faster, so that the gate decides alone.
func quantized(w *world) {
	w.capacity = func(c serving.EngineConfig) float64 {
		if _, set := c.Get("--quantization"); set {
			return 20
		}
		return 5
	}
}

func (w *world) requireStagingOnly(t *testing.T) {
	t.Helper()
	for _, write := range w.written() {
		require.Contains(t, []string{"ensure staging x1", "remove staging"}, write)
	}
	w.requireAtRest(t)
}

func TestQuality_FasterButWrong_NeverReachesTheCanary(t *testing.T) {
	t.Parallel()
	w := improvable()
	quantized(w)
	w.wrong = func(c serving.EngineConfig) float64 {
		if _, set := c.Get("--quantization"); set {
			return 0.1
		}
		return 0
	}
	result := runOptimize(t, environment(t, w), giving())
	require.Equal(t, serving.OutcomeNoImprovement, result.Outcome, result.Reason)
	require.Contains(t, result.Reason, "given-1 was blocked by the quality gate: answers are worse")
	require.Contains(t, result.Reason, "43 of 425 prompts are lost")
	w.requireStagingOnly(t)
	last := w.trials[len(w.trials)-1].Trial
	require.Equal(t, serving.TrialFailed, last.Status)
	require.Equal(t, serving.VerdictFail, last.Quality.Verdict)
	require.Len(t, w.ladders, 2, "a wrong candidate is not worth a ladder")
}

func TestQuality_FasterAndRight_IsPromotedWithItsEvidence(t *testing.T) {
	t.Parallel()
	w := improvable()
	quantized(w)
	result := runOptimize(t, environment(t, w), giving())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	gated := map[string]serving.Verdict{}
	for _, r := range w.trials {
		if r.Trial.Quality != nil {
			gated[r.Trial.Candidate.Name+" "+r.Trial.Purpose] = r.Trial.Quality.Verdict
		}
		require.NotEmpty(t, r.Trial.Smoke, "every trial is smoke tested")
		require.True(t, r.Trial.CacheFlushed)
	}
	require.Equal(t, map[string]serving.Verdict{"baseline baseline": serving.VerdictPass, "given-1 screen": serving.VerdictPass}, gated)
}

// Prompts and answers belong into the store, not into histories and records.
func TestQuality_HistoryHoldsTheVerdictOnly(t *testing.T) {
	t.Parallel()
	w := improvable()
	quantized(w)
	runOptimize(t, environment(t, w), giving())
	require.Len(t, w.answers, 2)
	for _, a := range w.answers {
		require.Len(t, a.Answers, 425)
	}
	for _, r := range w.trials {
		text, err := json.Marshal(r)
		require.NoError(t, err)
		require.Less(t, len(text), 8<<10)
		require.NotContains(t, string(text), "Answer with the number only")
	}
}

func TestQuality_CandidateThatCanDoLess_IsBlockedWhateverItsRisk(t *testing.T) {
	t.Parallel()
	w := improvable()
	w.broken = func(c serving.EngineConfig) string {
		if !eager(c) {
			return quality.SmokeStreams
		}
		return ""
	}
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomeNoImprovement, result.Outcome, result.Reason)
	w.requireStagingOnly(t)
	require.Contains(t, w.trials[1].Trial.Reason, `smoke test "streams" fails: as told`)
}

// What the present configuration cannot do is not held against a candidate.
func TestQuality_WhatTheBaselineCannotDo_IsNoRegression(t *testing.T) {
	t.Parallel()
	w := improvable()
	w.broken = func(serving.EngineConfig) string { return quality.SmokeStreams }
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
}

// Without reference answers nothing gated may pass, and what is not gated may.
func TestQuality_NoReferenceAnswers_BlocksTheGatedOnly(t *testing.T) {
	t.Parallel()
	w := improvable()
	quantized(w)
	w.mute = true
	result := runOptimize(t, environment(t, w), giving())
	require.Equal(t, serving.OutcomeNoImprovement, result.Outcome, result.Reason)
	require.Contains(t, result.Reason, "blocked by the quality gate: no reference answers: collect answers: logprobs are not allowed")
	w.requireStagingOnly(t)
	require.Equal(t, serving.TrialMeasured, w.trials[0].Trial.Status, "the baseline is measured all the same")

	cheap := improvable()
	cheap.mute = true
	result = runOptimize(t, environment(t, cheap), optimizeInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
}

func TestQuality_MarginOfTheFleet_Decides(t *testing.T) {
	t.Parallel()
	w := improvable()
	quantized(w)
	w.fleet.Quality = serving.QualityPolicy{Margin: 0.2}
	w.wrong = func(c serving.EngineConfig) float64 {
		if _, set := c.Get("--quantization"); set {
			return 0.05
		}
		return 0
	}
	result := runOptimize(t, environment(t, w), giving())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
}

func TestTrial_CrashUnderLoad_IsAFailedTrialNotAFailedRun(t *testing.T) {
	t.Parallel()
	w := improvable()
	quantized(w)
	w.crash = func(c serving.EngineConfig) error {
		if _, set := c.Get("--quantization"); set {
			return errors.New("target is unreachable")
		}
		return nil
	}
	result := runOptimize(t, environment(t, w), giving())
	require.Equal(t, serving.OutcomeNoImprovement, result.Outcome, result.Reason)
	last := w.trials[len(w.trials)-1].Trial
	require.Equal(t, serving.TrialFailed, last.Status)
	require.Contains(t, last.Reason, "unreachable")
	require.Len(t, w.ladders, 4, "it was given a second chance, for a worker that dies")
	w.requireStagingOnly(t)
}

// An engine that dies in a late rung leaves a measurement behind, which is none.
func TestTrial_EngineGoneAfterTheLoad_IsAFailedTrial(t *testing.T) {
	t.Parallel()
	w := improvable()
	quantized(w)
	w.crash = func(c serving.EngineConfig) error {
		if _, set := c.Get("--quantization"); set {
			delete(w.running, serving.Staging)
		}
		return nil
	}
	result := runOptimize(t, environment(t, w), giving())
	require.Equal(t, serving.OutcomeNoImprovement, result.Outcome, result.Reason)
	require.Contains(t, w.trials[len(w.trials)-1].Trial.Reason, "gone after the load")
	w.requireStagingOnly(t)
}

// The first attempt of a load that is lost with its worker counts for nothing.
func TestTrial_LoadLostWithItsWorker_IsRepeatedOnTheSameStaging(t *testing.T) {
	t.Parallel()
	w := improvable()
	lost := 0
	w.crash = func(serving.EngineConfig) error {
		if lost++; lost == 1 {
			return errors.New("heartbeat timeout")
		}
		return nil
	}
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.Equal(t, serving.TrialMeasured, w.trials[0].Trial.Status)
	require.Equal(t, []string{"remove staging", "ensure staging x1", "remove staging"}, w.written()[:3])
	require.Zero(t, w.ladders[0].Base.TextSeed)
	require.NotZero(t, w.ladders[1].Base.TextSeed, "the engine has the words of the first attempt in its cache")
	require.Zero(t, w.ladders[2].Base.TextSeed)
}

// What an earlier trial left would lend its warm cache and hide the cold start.
func TestTrial_EachStartsAFreshEngine(t *testing.T) {
	t.Parallel()
	w := improvable()
	w.running[serving.Staging] = w.fleet.Config // left over, of the very configuration to be measured
	w.around = func(_ int, write string, after bool) {
		if write != "ensure staging x1" || after {
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		_, running := w.running[serving.Staging]
		require.False(t, running, "an engine is taken over")
	}
	runOptimize(t, environment(t, w), optimizeInput())
	ensured := 0
	for i, write := range w.written() {
		if write == "ensure staging x1" {
			ensured++
			require.Equal(t, "remove staging", w.written()[i-1])
		}
	}
	require.Equal(t, len(w.trials), ensured)
}

func TestDrift_MachineThatChanged_MakesTheSearchInconclusive(t *testing.T) {
	t.Parallel()
	w := improvable()
	baselines := 0
	w.capacity = func(c serving.EngineConfig) float64 {
		if !eager(c) {
			return 20
		}
		if baselines++; baselines > 1 {
			return 8
		}
		return 5
	}
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomeNoImprovement, result.Outcome)
	require.Contains(t, result.Reason, "up to 5.00 req/s at the start and up to 8.00 req/s at the end")
	w.requireStagingOnly(t)
	drift := w.runs[len(w.runs)-1].Drift
	require.InDelta(t, 1-5*1.05/8, drift.Gap, 1e-9)
}

func TestDrift_WithinTheBound_GainIsTheWeakerOfBoth(t *testing.T) {
	t.Parallel()
	w := improvable()
	baselines := 0
	w.capacity = func(c serving.EngineConfig) float64 {
		if !eager(c) {
			return 20
		}
		if baselines++; baselines > 1 {
			return 5.5
		}
		return 5
	}
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.InDelta(t, 20/5.5, result.Gain.ThroughputRatio, 1e-9)
	require.Positive(t, w.runs[len(w.runs)-1].Drift.Gap)
}

func validate(t *testing.T, w *world, in workflows.ValidateInput) (workflows.ValidateStatus, error) {
	t.Helper()
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Validate, in)
	require.True(t, env.IsWorkflowCompleted())
	var out workflows.ValidateStatus
	if err := env.GetWorkflowError(); err != nil {
		return out, err
	}
	return out, env.GetWorkflowResult(&out)
}

func TestValidate_HoldsAServerToAStableReplicaAndRecordsTheVerdict(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.running[serving.Staging] = candidate() // what the world answers as
	out, err := validate(t, w, workflows.ValidateInput{ID: "v", Fleet: fleetName, Candidate: "http://c"})
	require.NoError(t, err)
	require.Equal(t, serving.VerdictPass, out.Quality.Verdict, out.Reason)
	last := w.validations[len(w.validations)-1]
	require.Equal(t, "completed", last.Phase)
	require.NotNil(t, last.ClosedAt)
	require.NotEmpty(t, last.Smoke)
	require.Equal(t, out.Quality, last.Quality)
}

func TestValidate_ThatCannotBeMade_FailsAndSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.running[serving.Staging], w.mute = candidate(), true
	_, err := validate(t, w, workflows.ValidateInput{ID: "v", Fleet: fleetName, Candidate: "http://c"})
	requireErrorType(t, err, workflows.ErrRunFailed)
	last := w.validations[len(w.validations)-1]
	require.Equal(t, "failed", last.Phase)
	require.Contains(t, last.Reason, "logprobs are not allowed")

	unknown := newWorld()
	unknown.running[serving.Staging] = candidate()
	_, err = validate(t, unknown, workflows.ValidateInput{ID: "v", Fleet: fleetName, Candidate: "http://c",
		Policy: serving.QualityPolicy{GoldenSet: "sha256:none"}})
	require.ErrorContains(t, err, "not found")
}
