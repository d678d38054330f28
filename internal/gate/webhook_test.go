package gate_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/gate"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func service(t *testing.T, status int, body string) (url string, asked *serving.GateQuestion) {
	t.Helper()
	asked = &serving.GateQuestion{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewDecoder(r.Body).Decode(asked)
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestWebhook_ADecision_IsTakenAsItIs(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]serving.GateAnswer{
		`{"approved": true}`:                         {Approved: true},
		`{"approved": false, "reason": "not today"}`: {Reason: "not today"},
	} {
		url, asked := service(t, http.StatusOK, body)
		got, err := gate.NewWebhook(http.DefaultClient).Ask(t.Context(), url, serving.GateQuestion{Fleet: "chat", Weight: 25})
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, 25, asked.Weight)
	}
}

func TestWebhook_AnythingElse_IsNoDecision(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"accepted":          {http.StatusAccepted, `{"approved": true}`},
		"an error":          {http.StatusInternalServerError, `{"approved": true}`},
		"a redirect":        {http.StatusFound, `{"approved": true}`},
		"no decision in it": {http.StatusOK, `{}`},
		"no JSON":           {http.StatusOK, `ok`},
	} {
		url, _ := service(t, c.status, c.body)
		got, err := gate.NewWebhook(http.DefaultClient).Ask(t.Context(), url, serving.GateQuestion{})
		require.ErrorIs(t, err, gate.ErrUndecided, name)
		require.False(t, got.Approved, name)
	}
	_, err := gate.NewWebhook(http.DefaultClient).Ask(t.Context(), "http://127.0.0.1:1", serving.GateQuestion{})
	require.ErrorIs(t, err, gate.ErrUndecided)
	_, err = gate.NewWebhook(http.DefaultClient).Ask(t.Context(), "::", serving.GateQuestion{})
	require.ErrorIs(t, err, serving.ErrPermanent)
}
