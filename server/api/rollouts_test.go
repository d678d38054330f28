package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

const rolloutsPath = "/api/v1/fleets/chat/rollouts"

func change(flag string, to any) map[string]any {
	return map[string]any{"changes": []any{map[string]any{"flag": flag, "from": nil, "to": to}}}
}

func startedRollout(t *testing.T, h *harness) workflows.RolloutInput {
	t.Helper()
	require.Len(t, h.workflows.started, 1)
	require.Equal(t, "Rollout", h.workflows.started[0].Type)
	require.Equal(t, "rollout:chat", h.workflows.started[0].ID)
	in, ok := h.workflows.started[0].Input.(workflows.RolloutInput)
	require.True(t, ok)
	return in
}

func TestStartRollout_ThreeWaysToSayTheSame(t *testing.T) {
	t.Parallel()
	model := "meta-llama/Llama-3.1-8B-Instruct"
	for name, body := range map[string]map[string]any{
		"changes":      change("--max-num-seqs", "64"),
		"command line": {"command_line": "vllm serve " + model + " --max-num-seqs=64"},
		"config": {"config": map[string]any{"engine": "vllm", "model": model,
			"flags": []any{map[string]any{"name": "--max-num-seqs", "value": "64"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t).withFleet()
			r := h.do(http.MethodPost, rolloutsPath, body, "X-Actor", "ana")
			require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
			in := startedRollout(t, h)
			value, _ := in.To.Get("--max-num-seqs")
			require.Equal(t, "64", value)
			require.Equal(t, "ana", in.RequestedBy)
			require.Equal(t, []string{"fleet.create chat", "rollout.start chat"}, h.store.actions())
			require.Equal(t, http.StatusOK, h.do(http.MethodGet, r.Header().Get("Location"), nil).Code)
		})
	}
}

func TestStartRollout_NullTakesAFlagAway(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	r := h.do(http.MethodPost, rolloutsPath, change("--max-num-seqs", nil))
	require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
	_, set := startedRollout(t, h).To.Get("--max-num-seqs")
	require.False(t, set)
}

func TestStartRollout_ApprovalFollowsThePolicyUnlessSaid(t *testing.T) {
	t.Parallel()
	policy := func(auto bool) func(map[string]any) { return set("policy", map[string]any{"auto_approve": auto}) }
	for name, c := range map[string]struct {
		auto bool
		said any
		want bool
	}{
		"careful policy":           {false, nil, true},
		"trusting policy":          {true, nil, false},
		"asked for in spite of it": {true, true, true},
		"waived in spite of it":    {false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t).withFleet(policy(c.auto))
			body := change("--max-num-seqs", "64")
			if c.said != nil {
				body["require_approval"] = c.said
			}
			require.Equal(t, http.StatusAccepted, h.do(http.MethodPost, rolloutsPath, body).Code)
			require.Equal(t, c.want, startedRollout(t, h).RequireApproval)
		})
	}
}

func TestStartRollout_WaivingTheApproval_IsForApproversOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet(set("policy", map[string]any{"approvers": []string{"ana"}}))
	body := change("--max-num-seqs", "64")
	body["require_approval"] = false
	r := h.do(http.MethodPost, rolloutsPath, body, "X-Actor", "eve")
	require.Equal(t, http.StatusForbidden, r.Code, r.Body.String())
	require.Contains(t, r.Body.String(), "its approvers are ana")
	require.Empty(t, h.workflows.started)
	require.Equal(t, http.StatusAccepted, h.do(http.MethodPost, rolloutsPath, body, "X-Actor", "ana").Code)
}

func TestStartRollout_SkippingTheQualityGate_NeedsAReasonAndIsAudited(t *testing.T) {
	t.Parallel()
	skip := func(skip bool, reason string) map[string]any {
		body := change("--quantization", "fp8")
		body["skip_quality"], body["skip_quality_reason"] = skip, reason
		return body
	}
	h := newHarness(t).withFleet()
	for _, body := range []map[string]any{skip(true, " "), skip(false, "in a hurry")} {
		r := h.do(http.MethodPost, rolloutsPath, body)
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, r.Body.String())
		require.Contains(t, r.Body.String(), "body.skip_quality")
	}
	require.Empty(t, h.workflows.started)
	require.Equal(t, http.StatusAccepted, h.do(http.MethodPost, rolloutsPath, skip(true, "evaluated by hand")).Code)
	require.Equal(t, "evaluated by hand", startedRollout(t, h).SkipQualityReason)
	r := h.do(http.MethodGet, "/api/v1/audit", nil)
	require.Contains(t, r.Body.String(), `"skip_quality_reason":"evaluated by hand"`)
}

func TestStartRollout_Refusals(t *testing.T) {
	t.Parallel()
	both := change("--max-num-seqs", "64")
	both["command_line"] = "vllm serve m"
	badPlan := change("--max-num-seqs", "64")
	badPlan["plan"] = map[string]any{"weights": []int{5, 50}}
	for name, c := range map[string]struct {
		body   any
		edit   func(map[string]any)
		status int
		says   string
	}{
		"nothing":          {map[string]any{}, nil, http.StatusUnprocessableEntity, "body.config"},
		"two ways":         {both, nil, http.StatusUnprocessableEntity, "exclude"},
		"no change":        {change("--max-num-seqs", "16"), nil, http.StatusUnprocessableEntity, "already"},
		"invalid flag":     {change("--gpu-memory-utilization", "1.7"), nil, http.StatusUnprocessableEntity, "--gpu-memory-utilization"},
		"never to the end": {badPlan, nil, http.StatusUnprocessableEntity, "body.plan.weights"},
		"advisory fleet":   {change("--max-num-seqs", "64"), set("policy", map[string]any{"advisory": true}), http.StatusConflict, "advisory"},
		"no body":          {nil, nil, http.StatusBadRequest, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			if c.edit == nil {
				h.withFleet()
			} else {
				h.withFleet(c.edit)
			}
			r := h.do(http.MethodPost, rolloutsPath, c.body)
			require.Equal(t, c.status, r.Code, r.Body.String())
			r.problem()
			require.Contains(t, r.Body.String(), c.says)
			require.Empty(t, h.workflows.started)
		})
	}
}

func TestRolloutCommands_AreUpdatesOnThatRollout(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{workflows.Approve, workflows.Reject, workflows.Promote, workflows.Pause, workflows.Resume, workflows.Rollback} {
		h := newHarness(t)
		h.store.rollouts["r"] = serving.RolloutRecord{ID: "r", WorkflowID: "rollout:chat"}
		r := h.do(http.MethodPost, "/api/v1/rollouts/r/"+verb, nil)
		require.Equal(t, http.StatusOK, r.Code, r.Body.String())
		require.Equal(t, verb, h.workflows.commands[0].Name)
		require.Equal(t, api.Execution{WorkflowID: "rollout:chat", RunID: "r"}, h.workflows.commands[0].On)
		require.Equal(t, http.StatusNotFound, h.do(http.MethodPost, "/api/v1/rollouts/none/"+verb, nil).Code)
	}
}

func TestGetRollout_ListsStagesAndLiveState(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.store.rollouts["r"] = serving.RolloutRecord{ID: "r", WorkflowID: "rollout:chat"}
	h.store.stages = []serving.StageRecord{{RolloutID: "r", Weight: 5, Judgement: serving.Judgement{Verdict: serving.VerdictPass}}}
	h.workflows.status["rollout:chat"] = workflows.RolloutStatus{Weight: 25}
	var view api.RolloutView
	h.do(http.MethodGet, "/api/v1/rollouts/r", nil).into(&view)
	require.Equal(t, 25, view.Live.Weight)
	var stages api.Page[serving.StageRecord]
	h.do(http.MethodGet, "/api/v1/rollouts/r/stages", nil).into(&stages)
	require.Equal(t, serving.VerdictPass, stages.Items[0].Judgement.Verdict)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, "/api/v1/rollouts/none/stages", nil).Code)
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/api/v1/rollouts?fleet=chat&open=true", nil).Code)
}
