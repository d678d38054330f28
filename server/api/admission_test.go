package api_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/admission"
	"github.com/optiinfra/performance-agent/workflows"
)

// runAndRollout are the requests that begin an experiment, with an override or
// without one.
func runAndRollout(override string) map[string]map[string]any {
	out := map[string]map[string]any{
		"/api/v1/fleets/chat/runs":     {},
		"/api/v1/fleets/chat/rollouts": {"changes": []any{map[string]any{"flag": "--max-num-seqs", "to": "64"}}},
	}
	for _, b := range out {
		if override != "" {
			b["override_reason"] = override
		}
	}
	return out
}

func TestAdmission_BudgetSpent_IsRefusedWithWhichAndUntilWhen(t *testing.T) {
	t.Parallel()
	for path, body := range runAndRollout("") {
		h := newHarness(t).withFleet()
		h.store.tallies = spentTallies(h.store.fleets["chat"].SLOs[0], time.Now())
		r := h.do(http.MethodPost, path, body)
		require.Equal(t, http.StatusConflict, r.Code, r.Body.String())
		p := r.problem()
		require.Equal(t, "urn:performance-agent:refused", p.Type)
		require.Contains(t, p.Detail, "the error budget of ttft-p95 is spent")
		require.Equal(t, admission.ErrorBudget, p.Refusal.Reasons[0].Kind)
		require.Equal(t, "ttft-p95", p.Refusal.Reasons[0].SLO)
		require.NotNil(t, p.Refusal.Until)
		wait, err := strconv.Atoi(r.Header().Get("Retry-After"))
		require.NoError(t, err)
		require.Positive(t, wait)
		require.Empty(t, h.workflows.started)
	}
}

func TestAdmission_Overridden_StartsAndIsAudited(t *testing.T) {
	t.Parallel()
	for path, body := range runAndRollout("it is the fix") {
		h := newHarness(t).withFleet()
		h.store.tallies = spentTallies(h.store.fleets["chat"].SLOs[0], time.Now())
		r := h.do(http.MethodPost, path, body)
		require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
		require.Len(t, h.workflows.started, 1)
		reason := ""
		switch in := h.workflows.started[0].Input.(type) {
		case workflows.OptimizeInput:
			reason = in.Options.OverrideReason
		case workflows.RolloutInput:
			reason = in.OverrideReason
		}
		require.Equal(t, "it is the fix", reason, "the workflow asks again")
		last := h.store.audit[len(h.store.audit)-1]
		require.Equal(t, h.workflows.started[0].Input, last.After)
	}
}

func TestAdmission_OverriddenByNoApprover_IsForbidden(t *testing.T) {
	t.Parallel()
	for path, body := range runAndRollout("it is the fix") {
		h := newHarness(t).withFleet(func(b map[string]any) { b["policy"] = map[string]any{"approvers": []any{"ana"}} })
		h.store.tallies = spentTallies(h.store.fleets["chat"].SLOs[0], time.Now())
		require.Equal(t, http.StatusForbidden, h.do(http.MethodPost, path, body, "X-Actor", "eve").Code)
		require.Equal(t, http.StatusAccepted, h.do(http.MethodPost, path, body, "X-Actor", "ana").Code)
	}
}

func TestAdmission_Frozen_IsRefused_AndAFrozenFleetIsValidated(t *testing.T) {
	t.Parallel()
	window := map[string]any{"name": "launch", "from": time.Now().Add(-time.Hour).UTC(), "to": time.Now().Add(time.Hour).UTC()}
	h := newHarness(t).withFleet(func(b map[string]any) {
		b["policy"] = map[string]any{"freeze": map[string]any{"windows": []any{window}}}
	})
	r := h.do(http.MethodPost, "/api/v1/fleets/chat/runs", nil)
	require.Equal(t, http.StatusConflict, r.Code)
	require.Contains(t, r.problem().Detail, "changes are frozen: launch, until ")

	bad := fleetBody(func(b map[string]any) {
		b["name"] = "other"
		b["policy"] = map[string]any{"freeze": map[string]any{"time_zone": "Mars/Olympus"}}
	})
	r = h.do(http.MethodPost, "/api/v1/fleets", bad)
	require.Equal(t, http.StatusUnprocessableEntity, r.Code)
	require.Equal(t, "body.policy.freeze.time_zone", fieldsOf(r.problem()))
}
