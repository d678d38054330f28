package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

const openSLOPath = slosPath + "/openslo"

func TestOpenSLO_ExportedAndImported_IsTheSame(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	require.Equal(t, http.StatusCreated, h.do(http.MethodPost, slosPath, errorsSLO(.01)).Code)
	r := h.do(http.MethodGet, openSLOPath, nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	require.Equal(t, "application/yaml", r.Header().Get("Content-Type"))
	require.Equal(t, 2, strings.Count(r.Body.String(), "kind: SLO"))
	before := h.store.fleets["chat"].SLOs

	other := newHarness(t).withFleet(func(b map[string]any) { delete(b, "slos") })
	got := other.do(http.MethodPost, openSLOPath, r.Body.String(), "Content-Type", "application/yaml", "If-Match", `"1"`)
	require.Equal(t, http.StatusOK, got.Code, got.Body.String())
	require.Equal(t, `"2"`, got.Header().Get("ETag"))
	var page api.Page[serving.Objective]
	got.into(&page)
	require.Len(t, page.Items, 2)
	for i, o := range page.Items {
		before[i].WindowDays = 30 // the default is written out
		require.Equal(t, before[i], o)
	}
	require.Contains(t, other.store.actions(), "slo.import chat")
}

func TestOpenSLO_Import_ReplacesByNameAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	require.Equal(t, http.StatusCreated, h.do(http.MethodPost, slosPath, errorsSLO(.01)).Code)
	text := h.do(http.MethodGet, openSLOPath, nil).Body.String()
	one, _, _ := strings.Cut(text, "---\n")
	changed := strings.Replace(one, "value: 0.5", "value: 0.7", 1)
	require.Equal(t, http.StatusOK, h.do(http.MethodPost, openSLOPath, changed, "Content-Type", "application/yaml").Code)
	slos := h.store.fleets["chat"].SLOs
	require.Len(t, slos, 2)
	require.InDelta(t, 0.7, slos[0].Threshold, 0)
}

func TestOpenSLO_Refusals(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	text := h.do(http.MethodGet, openSLOPath, nil).Body.String()
	r := h.do(http.MethodPost, openSLOPath, strings.Replace(text, "30d", "1Q", 1), "Content-Type", "application/yaml")
	require.Equal(t, http.StatusUnprocessableEntity, r.Code)
	require.Equal(t, "body.documents[0].spec.timeWindow[0].duration", fieldsOf(r.problem()))
	require.Equal(t, http.StatusUnprocessableEntity, h.do(http.MethodPost, openSLOPath, "---\n", "Content-Type", "application/yaml").Code, "no SLO in it")
	require.Equal(t, http.StatusUnprocessableEntity, h.do(http.MethodPost, openSLOPath, "{}").Code, "not OpenSLO")
	require.Equal(t, http.StatusPreconditionFailed, h.do(http.MethodPost, openSLOPath, text, "Content-Type", "application/yaml", "If-Match", `"9"`).Code)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, "/api/v1/fleets/none/slos/openslo", nil).Code)
	require.Equal(t, int64(1), h.store.fleets["chat"].Generation, "nothing was changed")
}
