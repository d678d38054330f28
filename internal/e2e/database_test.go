package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/store/pgtest"
	"github.com/optiinfra/performance-agent/server/api/client"
	"github.com/optiinfra/performance-agent/workflows"
)

// outageLasts is the least time for which the database is away.
const outageLasts = 10 * time.Second

// startServer is a client of the server's binary in a process of its own.
func startServer(t *testing.T, database string) *client.Client {
	t.Helper()
	_, line := startProgram(t, "server", "api listening", []string{"PERFAGENT_AUTH=off"}, "--listen=127.0.0.1:0", "--database-url="+database,
		"--state-dir="+t.TempDir())
	api, err := client.New("http://" + line["address"].(string))
	require.NoError(t, err)
	return api
}

// Postgres gets SIGKILL in the middle of the first stage. The rollout goes on, the
// API passes a person's word to it, and when the database is back, the record is
// what it would have been without the outage.
func TestRollout_PostgresKilledMidCanary_EndsRightAndItsRecordIsComplete(t *testing.T) {
	needStack(t)
	database := pgtest.StartOwn(t)
	url, err := database.Create("agent", "")
	require.NoError(t, err)
	behind := newFront(t)
	f := bareFleet(t, "database-killed", t.TempDir(), behind, strings.Fields(oldFlags)...)
	f.url = url
	f.start(t, behind.users)
	api := startServer(t, url)
	run := f.startRollout(t)
	f.awaitStage(t, run, 25)

	database.Kill()
	killed := time.Now()
	require.Eventually(t, func() bool { // Temporal's lists know a workflow a moment after it began
		_, err := api.PauseRollout(t.Context(), run.GetRunID(), nil, client.Actor("ana"), client.IdempotencyKey("pause-1"))
		return err == nil
	}, time.Minute, 100*time.Millisecond, "the rollout cannot be paused during the outage")
	_, err = api.HealthLive(t.Context())
	require.NoError(t, err)
	_, err = api.HealthReady(t.Context())
	require.Equal(t, http.StatusServiceUnavailable, client.Status(err))
	var refused http.Header
	_, err = api.ListFleets(t.Context(), client.ListFleetsParams{}, client.Headers(&refused))
	require.Equal(t, http.StatusServiceUnavailable, client.Status(err))
	require.NotEmpty(t, refused.Get("Retry-After"))
	partial, err := api.GetRollout(t.Context(), run.GetRunID())
	require.NoError(t, err)
	require.True(t, partial.Partial)
	_, err = api.ResumeRollout(t.Context(), run.GetRunID(), nil, client.Actor("ana"))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		value, err := the.client.QueryWorkflow(t.Context(), run.GetID(), run.GetRunID(), workflows.StatusQuery)
		var status workflows.RolloutStatus
		return err == nil && value.Get(&status) == nil && len(status.Stages) > 0 && status.Weight > 25
	}, 2*time.Minute, 50*time.Millisecond, "nothing was decided without the database")
	<-time.After(time.Until(killed.Add(outageLasts)))
	require.NoError(t, database.Restart())

	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomePromoted, out.Outcome, out.Reason)
	f.requireOnly(t, flagsOf(t, newFlags))
	f.requireNothingLost(t)
	f.requireRecorded(t, run.GetRunID(), out)
	whole, err := api.GetRollout(t.Context(), run.GetRunID())
	require.NoError(t, err)
	require.False(t, whole.Partial)
	require.Eventually(t, func() bool {
		rows, _, err := f.store.Audit(t.Context(), store.AuditFilter{Actor: "ana", Target: run.GetRunID()}, store.Page{})
		return err == nil && len(rows) == 2
	}, time.Minute, 100*time.Millisecond, "the audit log does not have both commands")
}

// requireRecorded asserts that the record of a promoted rollout is whole: every
// stage, the outcome, and a story that is numbered without a gap.
func (f *fleet) requireRecorded(t *testing.T, id string, out workflows.RolloutResult) {
	t.Helper()
	record, err := f.store.Rollout(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomePromoted, record.Outcome)
	require.NotNil(t, record.ClosedAt)
	require.True(t, record.To.Equal(flagsOf(t, newFlags)))
	stages, err := f.store.Stages(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, stages, len(out.Stages))
	for i, stage := range stages {
		require.Equal(t, i, stage.Index)
		require.Equal(t, out.Stages[i].Judgement.Verdict, stage.Judgement.Verdict)
	}
	f.requireToldOnce(t, id, "stage", len(stages))
	f.requireToldOnce(t, id, "outcome", 1)
	events, err := f.store.Events(t.Context(), id, 0, 500)
	require.NoError(t, err)
	for i, e := range events {
		require.Equal(t, int64(i+1), e.Seq)
	}
	require.Equal(t, "outcome", events[len(events)-1].Type)
}
