package e2e_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/store/pgtest"
	"github.com/optiinfra/performance-agent/workflows"
)

// outageLasts is the least time for which the database is away.
const outageLasts = 10 * time.Second

// apiServer is the server's binary in a process of its own.
type apiServer struct{ base string }

func startServer(t *testing.T, database string) apiServer {
	t.Helper()
	_, line := startProgram(t, "server", "api listening", []string{"PERFAGENT_AUTH=off"}, "--listen=127.0.0.1:0", "--database-url="+database,
		"--state-dir="+t.TempDir())
	return apiServer{"http://" + line["address"].(string)}
}

func (s apiServer) send(t *testing.T, method, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.base+path, strings.NewReader("{}"))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(content)
}

func (s apiServer) requireStatus(t *testing.T, want int, method, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	answer, body := s.send(t, method, path, headers...)
	require.Equal(t, want, answer.StatusCode, "%s %s: %s", method, path, body)
	return answer, body
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
	server := startServer(t, url)
	run := f.startRollout(t)
	rollout := "/api/v1/rollouts/" + run.GetRunID()
	f.awaitStage(t, run, 25)

	database.Kill()
	killed := time.Now()
	require.Eventually(t, func() bool { // Temporal's lists know a workflow a moment after it began
		answer, _ := server.send(t, http.MethodPost, rollout+"/pause", "X-Actor", "ana", "Idempotency-Key", "pause-1")
		return answer.StatusCode == http.StatusOK
	}, time.Minute, 100*time.Millisecond, "the rollout cannot be paused during the outage")
	server.requireStatus(t, http.StatusOK, http.MethodGet, "/health/live")
	server.requireStatus(t, http.StatusServiceUnavailable, http.MethodGet, "/health/ready")
	refused, _ := server.requireStatus(t, http.StatusServiceUnavailable, http.MethodGet, "/api/v1/fleets")
	require.NotEmpty(t, refused.Header.Get("Retry-After"))
	_, partial := server.requireStatus(t, http.StatusOK, http.MethodGet, rollout)
	require.Contains(t, partial, `"partial":true`)
	server.requireStatus(t, http.StatusOK, http.MethodPost, rollout+"/resume", "X-Actor", "ana")
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
	_, body := server.requireStatus(t, http.StatusOK, http.MethodGet, rollout)
	require.NotContains(t, body, `"partial":true`)
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
