package api_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

// outage is a store that is away, or takes calls and says nothing.
type outage struct {
	*fakeStore
	hangs bool
}

func (o outage) down(ctx context.Context) error {
	if o.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return errDown
}

func (o outage) Run(ctx context.Context, _ string) (serving.RunRecord, error) {
	return serving.RunRecord{}, o.down(ctx)
}

func (o outage) Rollout(ctx context.Context, _ string) (serving.RolloutRecord, error) {
	return serving.RolloutRecord{}, o.down(ctx)
}

func (o outage) ListRuns(ctx context.Context, _ api.Query) (api.Page[serving.RunRecord], error) {
	return api.Page[serving.RunRecord]{}, o.down(ctx)
}

func (o outage) CreateFleet(ctx context.Context, f serving.Fleet) (serving.Fleet, error) {
	return f, o.down(ctx)
}

func (o outage) SaveAudit(ctx context.Context, _ serving.AuditRecord) error { return o.down(ctx) }

func (o outage) ClaimKey(ctx context.Context, _, _, _ string) (api.IdempotencyState, api.Answer, error) {
	return 0, api.Answer{}, o.down(ctx)
}

// inOutage is an API whose store is away and whose workflows are known to Temporal.
func inOutage(t *testing.T, hangs bool) *harness {
	t.Helper()
	h := newHarness(t, func(d *api.Deps, _ *api.Config) { d.Store = outage{newFakeStore(), hangs} })
	h.workflows.found = map[string]api.Execution{
		"Optimize r1": {WorkflowID: "optimize:chat", RunID: "r1"}, "Rollout r2": {WorkflowID: "rollout:chat", RunID: "r2"}}
	h.workflows.status["optimize:chat"] = workflows.OptimizeStatus{Fleet: "chat", Phase: workflows.PhaseTrialing}
	h.workflows.status["rollout:chat"] = workflows.RolloutStatus{Fleet: "chat", Phase: workflows.PhaseShifting, Weight: 25}
	return h
}

func TestOutage_Commands_ReachTheirWorkflowAllTheSame(t *testing.T) {
	t.Parallel()
	h := inOutage(t, false)
	for _, path := range []string{"/runs/r1/approve", "/runs/r1/pause", "/runs/r1/rollback", "/rollouts/r2/rollback", "/rollouts/r2/promote"} {
		r := h.do(http.MethodPost, "/api/v1"+path, nil)
		require.Equal(t, http.StatusOK, r.Code, "%s: %s", path, r.Body.String())
	}
	require.Equal(t, http.StatusAccepted, h.do(http.MethodPost, "/api/v1/runs/r1/cancel", nil).Code)
	require.Len(t, h.workflows.commands, 5)
	require.Equal(t, api.Execution{WorkflowID: "rollout:chat", RunID: "r2"}, h.workflows.commands[3].On)
	require.Equal(t, []api.Execution{{WorkflowID: "optimize:chat", RunID: "r1"}}, h.workflows.canceled)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodPost, "/api/v1/runs/other/approve", nil).Code)
}

func TestOutage_CommandWithAKey_IsSentUnderItForTheWorkflowTakesItOnce(t *testing.T) {
	t.Parallel()
	h := inOutage(t, false)
	for range 2 {
		r := h.do(http.MethodPost, "/api/v1/rollouts/r2/rollback", nil, "Idempotency-Key", "k")
		require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	}
	for _, c := range h.workflows.commands {
		require.Equal(t, "k", c.UpdateID)
	}
	r := h.do(http.MethodPost, "/api/v1/fleets", fleetBody(), "Idempotency-Key", "k")
	require.Equal(t, http.StatusServiceUnavailable, r.Code, "what needs the store is not done without its key")
}

func TestOutage_AuditOfWhatWasDone_IsLeftToAWorkflow(t *testing.T) {
	t.Parallel()
	h := inOutage(t, false)
	require.Equal(t, http.StatusOK, h.do(http.MethodPost, "/api/v1/rollouts/r2/rollback", map[string]any{"reason": "page"}, "X-Actor", "ana").Code)
	require.Len(t, h.workflows.started, 1)
	start := h.workflows.started[0]
	require.Equal(t, api.TypeRemember, start.Type)
	row := start.Input.(activities.RecordInput).Audit
	require.Equal(t, "ana", row.Actor)
	require.Equal(t, "rollout.rollback", row.Action)
	require.Equal(t, "r2", row.Target)
	require.Equal(t, workflows.RememberID(row.Key), start.ID)
	require.NotContains(t, h.log.String(), "audit row lost")
}

func TestOutage_TemporalAwayAsWell_TheLostRowIsLogged(t *testing.T) {
	t.Parallel()
	h := inOutage(t, false)
	h.workflows.err = api.ErrUnavailable
	r := h.do(http.MethodPost, "/api/v1/rollouts/r2/rollback", nil)
	require.Equal(t, http.StatusServiceUnavailable, r.Code)
	require.NotContains(t, h.log.String(), "audit row lost", "nothing was done")
}

func TestOutage_ReadsOfWhatRuns_AreWhatTheWorkflowSays(t *testing.T) {
	t.Parallel()
	h := inOutage(t, false)
	var rollout api.RolloutView
	h.do(http.MethodGet, "/api/v1/rollouts/r2", nil).into(&rollout)
	require.True(t, rollout.Partial)
	require.Equal(t, 25, rollout.Live.Weight)
	require.Equal(t, "r2", rollout.ID)
	var run api.RunView
	h.do(http.MethodGet, "/api/v1/runs/r1", nil).into(&run)
	require.True(t, run.Partial)
	require.Equal(t, "trialing", run.Phase)
}

func TestOutage_WhatNeedsTheStore_SaysWhenToTryAgain(t *testing.T) {
	t.Parallel()
	h := inOutage(t, false)
	for _, r := range []reply{
		h.do(http.MethodGet, "/api/v1/runs", nil), h.do(http.MethodGet, "/api/v1/runs/unknown", nil),
		h.do(http.MethodPost, "/api/v1/fleets", fleetBody()),
	} {
		require.Equal(t, http.StatusServiceUnavailable, r.Code)
		require.Equal(t, "urn:performance-agent:unavailable", r.problem().Type)
		require.NotEmpty(t, r.Header().Get("Retry-After"))
	}
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/health/live", nil).Code)
}

func TestOutage_StoreThatHangs_DoesNotHoldACommand(t *testing.T) {
	t.Parallel()
	h := inOutage(t, true)
	r := h.do(http.MethodPost, "/api/v1/rollouts/r2/rollback", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	require.Len(t, h.workflows.started, 1, "the row of the audit log is kept")
}
