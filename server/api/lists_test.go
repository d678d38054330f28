package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/server/api"
)

func TestList_Fields_AreWhatWasAskedForAndTheID(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.store.runs["x"] = runRecord("x")
	r := h.do(http.MethodGet, "/api/v1/runs?fields=phase,%20fleet", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	run := h.store.runs["x"]
	require.JSONEq(t, `{"items":[{"id":"x","phase":"`+run.Phase+`","fleet":"`+run.Fleet+`"}]}`, r.Body.String())
	var fleets api.Page[map[string]json.RawMessage]
	h.do(http.MethodGet, "/api/v1/fleets?fields=replicas", nil).into(&fleets)
	require.Len(t, fleets.Items[0], 2)
	require.JSONEq(t, `"chat"`, string(fleets.Items[0]["name"]), "what has no ID is known by its name")
	p := h.do(http.MethodGet, "/api/v1/runs?fields=phase,secret", nil).problem()
	require.Equal(t, "query.fields", p.Errors[0].Field)
	require.Contains(t, p.Errors[0].Fix, "workflow_id")
	require.NotContains(t, p.Detail, "secret,")
}

func TestList_Sort_IsPassedOnOrNamesWhatIsAllowed(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/api/v1/fleets?sort=-name", nil).Code)
	require.Equal(t, "-name", h.store.queries[0].Sort)
	for _, sort := range []string{"replicas", "--name", "name,created_at", "NAME"} {
		r := h.do(http.MethodGet, "/api/v1/fleets?sort="+sort, nil)
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, sort)
		p := r.problem()
		require.Equal(t, "query.sort", p.Errors[0].Field)
		require.Equal(t, "use one of created_at, -created_at, name, -name", p.Errors[0].Fix)
	}
	p := h.do(http.MethodGet, "/api/v1/fleets?sort=name&cursor=bad", nil).problem()
	require.Equal(t, "query.cursor", p.Errors[0].Field)
}

func TestList_ThatIsShort_TakesFieldsAndNoOrder(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.store.runs["x"] = runRecord("x")
	var engines api.Page[map[string]json.RawMessage]
	h.do(http.MethodGet, "/api/v1/engines?fields=versions", nil).into(&engines)
	require.NotEmpty(t, engines.Items)
	for _, e := range engines.Items {
		require.Len(t, e, 2)
		require.Contains(t, e, "engine", "what an engine is told by stays")
	}
	for _, path := range []string{"/api/v1/engines", "/api/v1/fleets/chat/slos", "/api/v1/runs/x/trials"} {
		require.Equal(t, http.StatusOK, h.do(http.MethodGet, path, nil).Code, path)
		require.Equal(t, "query.fields", h.do(http.MethodGet, path+"?fields=no_such", nil).problem().Errors[0].Field, path)
		require.Equal(t, http.StatusUnprocessableEntity, h.do(http.MethodGet, path+"?sort=name", nil).Code, path)
	}
}
