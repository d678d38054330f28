package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// quantizedRollout is a rollout of a configuration whose answers may differ.
func quantizedRollout() workflows.RolloutInput {
	in := rolloutInput()
	in.To = vllmConfig("--max-num-seqs", "256", "--quantization", "fp8")
	return in
}

func (w *world) lastVetting(t *testing.T) serving.Vetting {
	t.Helper()
	require.NotNil(t, w.rollouts[len(w.rollouts)-1].Vetting)
	return *w.rollouts[len(w.rollouts)-1].Vetting
}

// wrongQuantized makes FP8 get a tenth of the answers wrong.
func (w *world) wrongQuantized() {
	w.wrong = func(c serving.EngineConfig) float64 {
		if _, set := c.Get("--quantization"); set {
			return 0.1
		}
		return 0
	}
}

func TestVetting_CheapChange_NeedsNoEvidence(t *testing.T) {
	t.Parallel()
	w := newWorld()
	result := runRollout(t, environment(t, w), rolloutInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.Equal(t, serving.VettedCheap, w.lastVetting(t).Basis)
	require.NotContains(t, w.written(), "ensure staging x1")
}

func TestVetting_RiskyChange_IsComparedInStagingBeforeAnyTraffic(t *testing.T) {
	t.Parallel()
	w := newWorld()
	result := runRollout(t, environment(t, w), quantizedRollout())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.Equal(t, []string{"ensure staging x1", "remove staging"}, w.written()[:2], "staging is gone before production is touched")
	v := w.lastVetting(t)
	require.Equal(t, serving.VettedChecked, v.Basis)
	require.NotEqual(t, serving.RiskCheap, v.Risk)
	require.Equal(t, serving.VerdictPass, v.Quality.Verdict)
	require.NotEmpty(t, v.ValidationID)
	require.Equal(t, "completed", w.validations[len(w.validations)-1].Phase, "the comparison is on record")
}

func TestVetting_WorseAnswers_NeverReachProduction(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.wrongQuantized()
	result := runRollout(t, environment(t, w), quantizedRollout())
	require.Equal(t, serving.OutcomeRejected, result.Outcome)
	require.Contains(t, result.Reason, "blocked by the quality gate: answers are worse")
	w.requireStagingOnly(t)
	require.Equal(t, serving.VerdictFail, w.lastVetting(t).Quality.Verdict)
}

func TestVetting_CheckThatCannotBeMade_IsNoPass(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.mute = true
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Rollout, quantizedRollout())
	requireErrorType(t, env.GetWorkflowError(), workflows.ErrRunFailed)
	require.ErrorContains(t, env.GetWorkflowError(), "logprobs are not allowed")
	w.requireStagingOnly(t)
}

// proven is a run's record: its baseline, and a trial of the quantized
// configuration with a verdict.
func (w *world) proven(baseline serving.EngineConfig, verdict serving.Verdict, status serving.TrialStatus) {
	w.trials = []serving.TrialRecord{
		{RunID: "r1", Fleet: fleetName, Trial: serving.Trial{Number: 1, Candidate: serving.Candidate{Config: baseline}, Status: serving.TrialMeasured}},
		{RunID: "r1", Fleet: fleetName, Trial: serving.Trial{Number: 3, Candidate: serving.Candidate{Config: quantizedRollout().To},
			Status: status, Quality: &serving.Quality{Verdict: verdict, Reason: "as told"}}},
	}
}

func TestVetting_TrialOfExactlyThisChange_IsEvidenceEnough(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.proven(w.fleet.Config, serving.VerdictPass, serving.TrialMeasured)
	w.wrongQuantized() // nobody looks again
	result := runRollout(t, environment(t, w), quantizedRollout())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	v := w.lastVetting(t)
	require.Equal(t, serving.VettedTrial, v.Basis)
	require.Equal(t, "r1", v.RunID)
	require.Equal(t, 3, v.Trial)
	require.NotContains(t, w.written(), "ensure staging x1")
}

func TestVetting_TrialThatProvesSomethingElse_IsNoEvidence(t *testing.T) {
	t.Parallel()
	for name, prove := range map[string]func(*world){
		"it failed":           func(w *world) { w.proven(w.fleet.Config, serving.VerdictFail, serving.TrialFailed) },
		"it broke under load": func(w *world) { w.proven(w.fleet.Config, serving.VerdictPass, serving.TrialFailed) },
		"against something else": func(w *world) {
			w.proven(vllmConfig("--max-num-seqs", "99"), serving.VerdictPass, serving.TrialMeasured)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			prove(w)
			runRollout(t, environment(t, w), quantizedRollout())
			require.Equal(t, serving.VettedChecked, w.lastVetting(t).Basis)
		})
	}
}

func TestVetting_SkippedWithAReason_IsOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.wrongQuantized()
	in := quantizedRollout()
	in.RequestedBy, in.SkipQualityReason = "ana", "evaluated by hand, ticket 17"
	result := runRollout(t, environment(t, w), in)
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	v := w.lastVetting(t)
	require.Equal(t, serving.VettedSkipped, v.Basis)
	require.Equal(t, "the quality gate was skipped by ana: evaluated by hand, ticket 17", v.Reason)
}

// A run gates its candidates in trials; its rollout does not start over.
func TestVetting_RolloutOfARun_IsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld()
	in := quantizedRollout()
	in.RunID = "r"
	result := runRollout(t, environment(t, w), in)
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.NotContains(t, w.written(), "ensure staging x1")
	require.Nil(t, w.rollouts[len(w.rollouts)-1].Vetting)
}

func TestVetting_StoppedInTheMiddle_LeavesNothingRunning(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]string{"rollback": workflows.Rollback, "violation": workflows.SLOViolation, "cancel": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			env := environment(t, w)
			w.around = func(_ int, write string, after bool) {
				switch {
				case write != "ensure staging x1" || !after:
				case stop == "":
					env.CancelWorkflow()
				default:
					env.SignalWorkflow(stop, map[string]string{"by": "test"})
				}
			}
			env.ExecuteWorkflow(workflows.Rollout, quantizedRollout())
			require.True(t, env.IsWorkflowCompleted())
			if err := env.GetWorkflowError(); stop == "" {
				require.True(t, temporal.IsCanceledError(err), "ended with %v", err)
			} else {
				require.NoError(t, err)
				var result workflows.RolloutResult
				require.NoError(t, env.GetWorkflowResult(&result))
				require.Equal(t, serving.OutcomeRejected, result.Outcome, result.Reason)
				require.NotEmpty(t, result.Reason)
			}
			w.requireStagingOnly(t)
		})
	}
}

func TestVetting_ComesBeforeTheQuestionToAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	in := quantizedRollout()
	in.RequireApproval = true
	env.RegisterDelayedCallback(func() {
		value, err := env.QueryWorkflow(workflows.StatusQuery)
		require.NoError(t, err)
		var status workflows.RolloutStatus
		require.NoError(t, value.Get(&status))
		require.Equal(t, workflows.PhaseAwaitingApproval, status.Phase)
		require.Equal(t, serving.VettedChecked, status.Vetting.Basis, "the person sees the evidence")
		env.SignalWorkflow(workflows.Approve, workflows.Command{By: "ana"})
	}, 10*time.Minute)
	require.Equal(t, serving.OutcomePromoted, runRollout(t, env, in).Outcome)
}
