package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// gatekeeper is the world as a webhook gate: it asks for slots under that name too.
type gatekeeper struct{ *world }

// Ask answers as the test says.
func (w gatekeeper) Ask(_ context.Context, _ string, q serving.GateQuestion) (serving.GateAnswer, error) {
	w.mu.Lock()
	w.asked = append(w.asked, q)
	answer := w.gate
	w.mu.Unlock()
	if answer == nil {
		return serving.GateAnswer{}, errors.New("no decision yet")
	}
	return answer(q)
}

// strategyInput is a rollout by a strategy, of a run's candidate, which was gated
// in its trials.
func strategyInput(s workflows.Strategy, ab *workflows.ABPlan, gates ...workflows.Gate) workflows.RolloutInput {
	in := workflows.RolloutInput{Fleet: fleetName, To: candidate(), Plan: quickPlan(), RunID: "run"}
	in.Plan.Strategy, in.Plan.AB, in.Plan.Gates, in.Plan.Weights = s, ab, gates, nil
	return in
}

func byHeader() *workflows.ABPlan { return &workflows.ABPlan{Header: "X-Beta", Value: "yes"} }

// The promise holds for every strategy: whatever happens, whenever it happens.
func TestStrategies_CancelViolateOrRollbackAroundEveryWrite_RestoresOrCompletes(t *testing.T) {
	t.Parallel()
	interference := map[string]func(*testsuite.TestWorkflowEnvironment){
		"cancel": func(env *testsuite.TestWorkflowEnvironment) { env.CancelWorkflow() },
		"violate": func(env *testsuite.TestWorkflowEnvironment) {
			env.SignalWorkflow(workflows.SLOViolation, serving.Violation{SLO: "ttft-p95", Observed: 2.4, Threshold: 1})
		},
		"rollback": func(env *testsuite.TestWorkflowEnvironment) {
			env.SignalWorkflow(workflows.Rollback, workflows.Command{By: "test"})
		},
	}
	for name, in := range map[string]workflows.RolloutInput{
		"blue-green": strategyInput(workflows.StrategyBlueGreen, nil),
		"ab-hash":    strategyInput(workflows.StrategyAB, &workflows.ABPlan{Percent: 30, Winner: serving.MetricTTFT}),
		"ab-header":  strategyInput(workflows.StrategyAB, byHeader()),
	} {
		dry := newWorld()
		require.Equal(t, serving.OutcomePromoted, runRollout(t, environment(t, dry), in).Outcome, name)
		dry.requireOnly(t, candidate())
		for what, interfere := range interference {
			for k := range dry.written() {
				for _, after := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%s/write%02d/after=%v", name, what, k, after), func(t *testing.T) {
						t.Parallel()
						w := newWorld()
						env := environment(t, w)
						w.around = func(n int, _ string, isAfter bool) {
							if n == k && isAfter == after {
								interfere(env)
							}
						}
						env.ExecuteWorkflow(workflows.Rollout, in)
						require.True(t, env.IsWorkflowCompleted())
						w.requireRestoredOrPromoted(t, env)
					})
				}
			}
		}
	}
}

func TestBlueGreen_StartsAtFullSizeIdle_ThenTakesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	result := runRollout(t, environment(t, w), strategyInput(workflows.StrategyBlueGreen, nil))
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.Equal(t, []string{"ensure canary x2", "route canary x2", "weights canary=100"}, w.written()[:3])
	require.Len(t, result.Stages, 1)
	require.Equal(t, 100, result.Stages[0].Weight)
}

func TestBlueGreen_NewSideDoesNotAnswer_NobodySeesIt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.broken = func(serving.EngineConfig) string { return quality.SmokeStreams }
	result := runRollout(t, environment(t, w), strategyInput(workflows.StrategyBlueGreen, nil))
	require.Equal(t, serving.OutcomeRolledBack, result.Outcome)
	require.Contains(t, result.Reason, "not fit for users")
	require.NotContains(t, w.written(), "weights canary=100")
	w.requireAtRest(t)
}

func TestBlueGreen_BreaksItsObjective_GoesBackToTheWarmOldSide(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.canary = arm{samples: 200, ttft: 3}
	result := runRollout(t, environment(t, w), strategyInput(workflows.StrategyBlueGreen, nil))
	require.Equal(t, serving.OutcomeRolledBack, result.Outcome)
	require.NotContains(t, w.written(), "ensure stable x2", "the old side was never touched")
	w.requireAtRest(t)
}

func TestAB_BIsBetter_BecomesStable(t *testing.T) {
	t.Parallel()
	w := newWorld()
	in := strategyInput(workflows.StrategyAB, &workflows.ABPlan{Percent: 30, Winner: serving.MetricTTFT, Seconds: 120})
	result := runRollout(t, environment(t, w), in)
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.Equal(t, 30, result.Stages[0].Weight)
	require.GreaterOrEqual(t, result.Stages[0].EndedUnix-result.Stages[0].StartedUnix, 120.0)
	w.requireOnly(t, candidate())
}

func TestAB_BIsNoBetter_AStays(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.canary = arm{samples: 200, ttft: 0.205} // as good, but not better
	result := runRollout(t, environment(t, w), strategyInput(workflows.StrategyAB, &workflows.ABPlan{Winner: serving.MetricTTFT}))
	require.Equal(t, serving.OutcomeNoImprovement, result.Outcome, result.Reason)
	require.Contains(t, result.Reason, "A stays")
	require.NotZero(t, result.RestoredUnix)
	w.requireAtRest(t)
}

func TestAB_ByHeader_SharesStayAndARuleSplits(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var rules []serving.RouteRule
	w.around = func(_ int, write string, after bool) {
		if after && strings.HasPrefix(write, "weights") && len(w.weights.Rules) > 0 {
			rules = w.weights.Rules
			require.Equal(t, 100, w.weights.Of(serving.Stable))
		}
	}
	result := runRollout(t, environment(t, w), strategyInput(workflows.StrategyAB, byHeader()))
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.Equal(t, []serving.RouteRule{{Header: "X-Beta", Value: "yes", Variant: serving.Canary}}, rules)
	require.Equal(t, "stable", result.Stages[0].Judgement.ComparedWith)
	require.Empty(t, w.weights.Rules)
}

func TestAdvisoryStrategy_GivesTheWholePlanAndWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	in := strategyInput(workflows.StrategyAdvisory, nil, workflows.Gate{At: workflows.GateBeforePromotion, Kind: workflows.GateManual})
	result := runRollout(t, environment(t, w), in)
	require.Equal(t, serving.OutcomeAdvised, result.Outcome)
	require.Empty(t, w.written())
	require.NotNil(t, result.Advice)
	require.Len(t, result.Advice.Stages, 4)
	require.Equal(t, serving.Baseline, result.Advice.Stages[0].ComparedWith)
	require.Equal(t, 4, result.Advice.PeakGPUs, "two of stable, and a canary and a baseline or a full canary")
	require.InDelta(t, 50*100/5/6.0, result.Advice.Stages[0].SampleSeconds.Or(0), 1e-9, "50 requests of 5%% of 6 a second")
	require.True(t, result.Advice.Seconds.IsKnown())
	require.Contains(t, result.Reason, "5%, 25%, 50%, 100%")
}

func TestPlan_StrategyAndGates_AreChecked(t *testing.T) {
	t.Parallel()
	for says, p := range map[string]workflows.Plan{
		"strategy: \"rainbow\"":    {Strategy: "rainbow"},
		"no meaning for strategy":  {Strategy: workflows.StrategyBlueGreen, Weights: []int{5, 100}},
		"ab: is only":              {AB: &workflows.ABPlan{}},
		"ab.percent":               {Strategy: workflows.StrategyAB, AB: &workflows.ABPlan{Percent: 80}},
		"give both or neither":     {Strategy: workflows.StrategyAB, AB: &workflows.ABPlan{Header: "X"}},
		"ab.winner":                {Strategy: workflows.StrategyAB, AB: &workflows.ABPlan{Winner: "luck"}},
		"gates[0].at":              {Gates: []workflows.Gate{{At: "noon", Kind: workflows.GateManual}}},
		"gates[0].kind":            {Gates: []workflows.Gate{{At: workflows.GateBeforeRollout, Kind: "coin"}}},
		"gates[0].url":             {Gates: []workflows.Gate{{At: workflows.GateBeforeRollout, Kind: workflows.GateWebhook}}},
		"gates[0].on_timeout":      {Gates: []workflows.Gate{{At: workflows.GateBeforeRollout, Kind: workflows.GateManual, OnTimeout: "panic"}}},
		"gates[0].timeout_seconds": {Gates: []workflows.Gate{{At: workflows.GateBeforeRollout, Kind: workflows.GateManual, TimeoutSeconds: -1}}},
	} {
		require.ErrorContains(t, p.Validate(), says)
	}
	require.NoError(t, workflows.Plan{Strategy: workflows.StrategyAB, AB: byHeader()}.Validate())
}

func TestGate_Manual(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at, signal, onTimeout string
		want                  serving.Outcome
		by                    string
	}{
		"before rollout, approved":                 {workflows.GateBeforeRollout, workflows.Approve, "", serving.OutcomePromoted, "ana"},
		"before rollout, rejected":                 {workflows.GateBeforeRollout, workflows.Reject, "", serving.OutcomeRejected, "ana"},
		"before rollout, silence":                  {workflows.GateBeforeRollout, "", "", serving.OutcomeRejected, "timeout"},
		"before promotion, rejected":               {workflows.GateBeforePromotion, workflows.Reject, "", serving.OutcomeRolledBack, "ana"},
		"before promotion, silence":                {workflows.GateBeforePromotion, "", "", serving.OutcomeRolledBack, "timeout"},
		"before promotion, silence means approval": {workflows.GateBeforePromotion, "", workflows.OnTimeoutApprove, serving.OutcomePromoted, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			env := environment(t, w)
			if c.signal != "" {
				env.RegisterDelayedCallback(func() { env.SignalWorkflow(c.signal, workflows.Command{By: "ana"}) }, 20*time.Minute)
			}
			in := strategyInput(workflows.StrategyCanary, nil, workflows.Gate{At: c.at, Kind: workflows.GateManual, OnTimeout: c.onTimeout})
			result := runRollout(t, env, in)
			require.Equal(t, c.want, result.Outcome, result.Reason)
			require.Len(t, result.Gates, 1)
			require.Equal(t, c.by, result.Gates[0].By)
			if c.want == serving.OutcomePromoted {
				w.requireOnly(t, candidate())
				return
			}
			w.requireAtRest(t)
			if c.at == workflows.GateBeforeRollout {
				require.Empty(t, w.written())
			}
		})
	}
}

func TestGate_ViolationWhileItIsClosed_GoesBackAtOnce(t *testing.T) {
	t.Parallel()
	violation := serving.Violation{SLO: "ttft-p95"}
	t.Run(workflows.GateManual, func(t *testing.T) {
		w := newWorld()
		env := environment(t, w)
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SLOViolation, violation) }, 20*time.Minute)
		result := runRollout(t, env, strategyInput(workflows.StrategyCanary, nil, workflows.Gate{At: workflows.GateBeforePromotion, Kind: workflows.GateManual}))
		require.NotNil(t, result.Violation)
		w.requireAtRest(t)
	})
	t.Run(workflows.GateWebhook, func(t *testing.T) {
		w := newWorld()
		env := environment(t, w)
		w.gate = func(serving.GateQuestion) (serving.GateAnswer, error) {
			env.SignalWorkflow(workflows.SLOViolation, violation)
			return serving.GateAnswer{Approved: true}, nil // too late: the way back comes first
		}
		result := runRollout(t, env, strategyInput(workflows.StrategyCanary, nil,
			workflows.Gate{At: workflows.GateBeforePromotion, Kind: workflows.GateWebhook, URL: "http://10.0.0.1/gate"}))
		require.NotNil(t, result.Violation)
		w.requireAtRest(t)
	})
}

func TestGate_Webhook_IsAskedBeforeEachIncreaseAndAudited(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.gate = func(q serving.GateQuestion) (serving.GateAnswer, error) {
		return serving.GateAnswer{Approved: q.Weight < 100, Reason: "no full shift on Fridays"}, nil
	}
	in := strategyInput(workflows.StrategyCanary, nil, workflows.Gate{At: workflows.GateBeforeIncrease, Kind: workflows.GateWebhook, URL: "http://10.0.0.1/gate"})
	result := runRollout(t, environment(t, w), in)
	require.Equal(t, serving.OutcomeRolledBack, result.Outcome)
	require.Contains(t, result.Reason, "no full shift on Fridays")
	require.Len(t, result.Gates, 3)
	require.Equal(t, []int{25, 50, 100}, []int{w.asked[0].Weight, w.asked[1].Weight, w.asked[2].Weight})
	require.NotEmpty(t, w.asked[0].LastVerdict)
	told := 0
	for _, e := range w.events {
		if e.Type == "gate" {
			told++
		}
	}
	require.Equal(t, 3, told, "each decision is in the story")
	w.requireAtRest(t)
}

func TestGate_WebhookThatNeverDecides_DoesWhatThePlanSays(t *testing.T) {
	t.Parallel()
	for onTimeout, want := range map[string]serving.Outcome{"": serving.OutcomeRejected, workflows.OnTimeoutApprove: serving.OutcomePromoted} {
		w := newWorld()
		in := strategyInput(workflows.StrategyCanary, nil, workflows.Gate{At: workflows.GateBeforeRollout, Kind: workflows.GateWebhook,
			URL: "http://10.0.0.1/gate", TimeoutSeconds: 120, OnTimeout: onTimeout})
		result := runRollout(t, environment(t, w), in)
		require.Equal(t, want, result.Outcome, result.Reason)
		require.Equal(t, "timeout", result.Gates[0].By)
		require.Greater(t, len(w.asked), 2, "it is asked again")
	}
}
