package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

// goldenLines is a golden set of n prompts.
func goldenLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"prompt\":\"%d+1?\",\"expected\":\"%d\"}\n", i, i+1)
	}
	return b.String()
}

func quality(fields map[string]any) func(map[string]any) { return set("quality", fields) }

func TestFleet_GoldenSet_IsKeptAsideAndReferredTo(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet(quality(map[string]any{"margin": 0.05, "golden_jsonl": goldenLines(80)}))
	var f serving.Fleet
	r := h.do(http.MethodGet, "/api/v1/fleets/chat", nil)
	r.into(&f)
	require.Equal(t, 0.05, f.Quality.Margin)
	require.Len(t, h.store.golden[f.Quality.GoldenSet].Items, 80)
	require.NotContains(t, r.Body.String(), "79+1?", "a fleet does not carry its prompts")

	body := fleetBody(quality(map[string]any{"margin": 0.05, "golden_set": f.Quality.GoldenSet}))
	require.Equal(t, http.StatusOK, h.do(http.MethodPut, "/api/v1/fleets/chat", body).Code, "what was read may be sent back")
}

func TestFleet_QualityPolicyThatCannotWork_IsRefusedWithTheFix(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		policy           map[string]any
		field, says, fix string
	}{
		"wide margin":   {map[string]any{"margin": 0.9}, "body.quality.margin", "within 0..0.2", "0.02 is the default"},
		"few samples":   {map[string]any{"samples": 20}, "body.quality.samples", "cannot show", "at least 149 or a greater margin"},
		"small set":     {map[string]any{"golden_jsonl": goldenLines(30)}, "body.quality.golden_jsonl", "30 prompts cannot show", "at least 149"},
		"broken line":   {map[string]any{"golden_jsonl": "{\"prompt\":\"a\"}\n{"}, "body.quality.golden_jsonl", "line 2", ""},
		"unknown set":   {map[string]any{"golden_set": "sha256:none"}, "body.quality.golden_set", "no such set", "golden_jsonl"},
		"nothing in it": {map[string]any{"golden_jsonl": "\n"}, "body.quality.golden_jsonl", "no prompt", "one JSON object a line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			r := h.do(http.MethodPost, "/api/v1/fleets", fleetBody(quality(tc.policy)))
			require.Equal(t, http.StatusUnprocessableEntity, r.Code, r.Body.String())
			problem := r.problem()
			require.Equal(t, tc.field, fieldsOf(problem))
			require.Contains(t, problem.Errors[0].Message, tc.says)
			require.Contains(t, problem.Errors[0].Fix, tc.fix)
			require.Empty(t, h.store.golden)
		})
	}
}

func TestValidation_StartsItsWorkflowUnderTheFleetsPolicyAndIsListed(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet(quality(map[string]any{"margin": 0.03}))
	path := "/api/v1/fleets/chat/validations"
	r := h.do(http.MethodPost, path, map[string]any{"candidate": "http://127.0.0.1:8001"})
	require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
	require.Equal(t, path, r.Header().Get("Location"))
	in, ok := h.workflows.started[0].Input.(workflows.ValidateInput)
	require.True(t, ok)
	require.Equal(t, "Validate", h.workflows.started[0].Type)
	require.Equal(t, workflows.ValidationID(in.ID), h.workflows.started[0].ID)
	require.Equal(t, 0.03, in.Policy.Margin)
	var page api.Page[serving.ValidationRecord]
	h.do(http.MethodGet, path, nil).into(&page)
	require.Equal(t, "http://127.0.0.1:8001", page.Items[0].Candidate)
	require.Equal(t, "running", page.Items[0].Phase)

	own := map[string]any{"candidate": "http://127.0.0.1:8001", "reference": "http://127.0.0.1:8002",
		"quality": map[string]any{"margin": 0.1, "golden_jsonl": goldenLines(40)}}
	require.Equal(t, http.StatusAccepted, h.do(http.MethodPost, path, own).Code)
	in, ok = h.workflows.started[1].Input.(workflows.ValidateInput)
	require.True(t, ok)
	require.Equal(t, 0.1, in.Policy.Margin)
	require.Len(t, h.store.golden[in.Policy.GoldenSet].Items, 40)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, "/api/v1/fleets/nobody/validations", nil).Code)
}

func TestValidation_AddressesOutsideTheAllowedNetworks_AreRefused(t *testing.T) {
	t.Parallel()
	for field, body := range map[string]map[string]any{
		"body.candidate": {"candidate": "http://8.8.8.8"},
		"body.reference": {"candidate": "http://127.0.0.1:8001", "reference": "http://169.254.169.254"},
	} {
		h := newHarness(t).withFleet()
		r := h.do(http.MethodPost, "/api/v1/fleets/chat/validations", body)
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, field)
		require.Equal(t, field, fieldsOf(r.problem()))
		require.Empty(t, h.workflows.started)
	}
}
