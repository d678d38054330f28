package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/server/api/client"
)

// sent is a request as the server got it.
type sent struct {
	method, uri string
	header      http.Header
	body        string
}

// served is a client of a server that answers everything with the same, and what the
// server got.
func served(t *testing.T, status int, header http.Header, body string) (*client.Client, *[]sent) {
	t.Helper()
	got := &[]sent{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		*got = append(*got, sent{r.Method, r.RequestURI, r.Header, string(content)})
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	c, err := client.New(s.URL+"/", client.Key("secret"))
	require.NoError(t, err)
	return c, got
}

func TestNew_AddressThatIsNoBase_IsRefused(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "127.0.0.1:8002", "ftp://agent", "http://", "http://a b"} {
		_, err := client.New(base)
		require.ErrorContains(t, err, "base address", base)
	}
}

func TestCall_Start_SendsKeyOptionsAndBodyAndReadsTheRecord(t *testing.T) {
	t.Parallel()
	c, got := served(t, http.StatusAccepted, nil, `{"id":"run-1","workflow_id":"optimize:a/b","phase":"starting"}`)
	run, err := c.StartRun(t.Context(), "a/b", &client.OptimizeOptions{MaxTrials: 6},
		client.IdempotencyKey("try-1"), client.Wait(90*time.Second), client.Actor("ana"))
	require.NoError(t, err)
	require.Equal(t, "run-1", run.ID)
	require.Equal(t, "optimize:a/b", run.WorkflowID)
	one := (*got)[0]
	require.Equal(t, http.MethodPost, one.method)
	require.Equal(t, "/api/v1/fleets/a%2Fb/runs", one.uri)
	require.Equal(t, "Bearer secret", one.header.Get("Authorization"))
	require.Equal(t, "try-1", one.header.Get("Idempotency-Key"))
	require.Equal(t, "wait=90", one.header.Get("Prefer"))
	require.Equal(t, "ana", one.header.Get("X-Actor"))
	require.Equal(t, "application/json", one.header.Get("Content-Type"))
	require.JSONEq(t, `{"max_trials":6}`, one.body)
}

func TestCall_OptionalBodyAbsent_SendsNone(t *testing.T) {
	t.Parallel()
	c, got := served(t, http.StatusOK, nil, `{"phase":"shifting"}`)
	_, err := c.PauseRun(t.Context(), "run-1", nil)
	require.NoError(t, err)
	require.Empty(t, (*got)[0].body)
	require.Empty(t, (*got)[0].header.Get("Content-Type"))
}

func TestCall_Query_LeavesOutWhatSaysNothing(t *testing.T) {
	t.Parallel()
	c, got := served(t, http.StatusOK, nil, `{"items":[{"id":7,"actor":"ana"}],"next_cursor":"x"}`)
	from := time.Date(2026, 11, 24, 12, 0, 0, 500, time.UTC)
	page, err := c.ListAudit(t.Context(), client.ListAuditParams{Limit: 2, Actor: "ana & bo", From: from})
	require.NoError(t, err)
	require.Equal(t, "/api/v1/audit?actor=ana+%26+bo&from=2026-11-24T12%3A00%3A00.0000005Z&limit=2", (*got)[0].uri)
	require.Equal(t, "x", page.NextCursor)
	require.Equal(t, int64(7), page.Items[0].ID)

	_, err = c.MetricsHistory(t.Context(), "chat", client.MetricsHistoryParams{Metric: []string{"ttft_p95", "waiting"}})
	require.NoError(t, err)
	require.Contains(t, (*got)[1].uri, "metric=ttft_p95%2Cwaiting")
}

func TestCall_Text_GoesAndComesAsItIs(t *testing.T) {
	t.Parallel()
	c, got := served(t, http.StatusOK, http.Header{"Content-Type": {"application/yaml"}}, "apiVersion: openslo/v1\n")
	text, err := c.ExportSlos(t.Context(), "chat")
	require.NoError(t, err)
	require.Equal(t, "apiVersion: openslo/v1\n", text)
	_, err = c.ImportSlos(t.Context(), "chat", text)
	require.ErrorContains(t, err, "decode the answer of POST", "the stand-in does not answer JSON")
	require.Equal(t, "application/yaml", (*got)[1].header.Get("Content-Type"))
	require.Equal(t, text, (*got)[1].body)
}

func TestCall_Measure_AbsentIsNilAndNeverZero(t *testing.T) {
	t.Parallel()
	c, _ := served(t, http.StatusOK, nil, `{"snapshot":{"kv_usage":null,"waiting":0}}`)
	record, err := c.LatestMetrics(t.Context(), "chat")
	require.NoError(t, err)
	require.Nil(t, record.Snapshot.KVUsage)
	require.NotNil(t, record.Snapshot.Waiting)
	require.Zero(t, *record.Snapshot.Waiting)
}

func TestCall_Headers_AreKept(t *testing.T) {
	t.Parallel()
	c, got := served(t, http.StatusOK, http.Header{"Etag": {`"3"`}}, `{"name":"chat"}`)
	var header http.Header
	fleet, err := c.GetFleet(t.Context(), "chat", client.Headers(&header))
	require.NoError(t, err)
	require.Equal(t, "chat", fleet.Name)
	_, err = c.UpdateFleet(t.Context(), "chat", client.FleetInput{Name: "chat"}, client.IfMatch(header.Get("ETag")))
	require.NoError(t, err)
	require.Equal(t, `"3"`, (*got)[1].header.Get("If-Match"))
}

func TestCall_NothingToAnswer_IsNoError(t *testing.T) {
	t.Parallel()
	c, got := served(t, http.StatusNoContent, nil, "")
	require.NoError(t, c.With(client.Key("")).DeleteFleet(t.Context(), "chat"))
	require.Equal(t, http.MethodDelete, (*got)[0].method)
	require.Empty(t, (*got)[0].header.Get("Authorization"))
}

func TestCall_Problem_NamesStatusTitleAndField(t *testing.T) {
	t.Parallel()
	document, err := json.Marshal(map[string]any{"type": "urn:performance-agent:invalid", "title": "Unprocessable Entity", "status": 422,
		"detail": "body.replicas: must be at least 1", "request_id": "r-1", "errors": []map[string]string{
			{"field": "body.replicas", "message": "must be at least 1"}, {"field": "body.name", "message": "is missing", "fix": "give one"}}})
	require.NoError(t, err)
	c, _ := served(t, http.StatusUnprocessableEntity, http.Header{"Content-Type": {"application/problem+json"}}, string(document))
	_, err = c.CreateFleet(t.Context(), client.FleetInput{})
	require.EqualError(t, err, "422 Unprocessable Entity: body.replicas: must be at least 1; body.name: is missing (give one) [request r-1]")
	require.Equal(t, http.StatusUnprocessableEntity, client.Status(err))
	var problem *client.Problem
	require.ErrorAs(t, err, &problem)
	require.Equal(t, "urn:performance-agent:invalid", problem.Type)
	require.Equal(t, "is missing", problem.Field("body.name"))
	require.Empty(t, problem.Field("body.router"))
}

func TestCall_AnswerOfAProxy_IsAProblemToo(t *testing.T) {
	t.Parallel()
	c, _ := served(t, http.StatusBadGateway, nil, "<html>no upstream</html>")
	err := c.DeleteFleet(t.Context(), "chat")
	require.EqualError(t, err, "502 Bad Gateway: <html>no upstream</html>")
	require.Equal(t, http.StatusBadGateway, client.Status(err))
	require.Zero(t, client.Status(io.EOF))
}
