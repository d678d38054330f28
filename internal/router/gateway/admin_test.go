package gateway_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func jsonEngine(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

// call sends a request to the admin API.
func (s *stack) call(t testing.TB, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.admin.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	res, err := s.client.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(content)
}

func (s *stack) get(t testing.TB, path string) string {
	t.Helper()
	status, body := s.call(t, http.MethodGet, path, "")
	require.Equal(t, http.StatusOK, status, body)
	return body
}

func TestAdmin_Weights_AreFencedByRevision(t *testing.T) {
	t.Parallel()
	s := threeArms(t)
	steps := []struct {
		what, body string
		status     int
		revision   int64 // in force afterwards
		canary     int
	}{
		{"first step", `{"revision":3,"shares":[{"variant":"stable","percent":95},{"variant":"canary","percent":5}]}`, 200, 3, 5},
		{"its retry, in another order", `{"revision":3,"shares":[{"variant":"canary","percent":5},{"variant":"stable","percent":95}]}`, 200, 3, 5},
		{"the same revision, another split", `{"revision":3,"shares":[{"variant":"stable","percent":50},{"variant":"canary","percent":50}]}`, 409, 3, 5},
		{"rollback", `{"revision":5,"shares":[{"variant":"stable","percent":100}]}`, 200, 5, 0},
		{"a late retry of an earlier step", `{"revision":4,"shares":[{"variant":"stable","percent":75},{"variant":"canary","percent":25}]}`, 409, 5, 0},
		{"a stale revision with the split in force", `{"revision":4,"shares":[{"variant":"stable","percent":100}]}`, 409, 5, 0},
		{"too little", `{"revision":6,"shares":[{"variant":"stable","percent":99}]}`, 422, 5, 0},
		{"negative", `{"revision":6,"shares":[{"variant":"stable","percent":105},{"variant":"canary","percent":-5}]}`, 422, 5, 0},
		{"twice", `{"revision":6,"shares":[{"variant":"stable","percent":50},{"variant":"stable","percent":50}]}`, 422, 5, 0},
		{"unknown variant", `{"revision":6,"shares":[{"variant":"stable","percent":50},{"variant":"blue","percent":50}]}`, 422, 5, 0},
		{"share without replicas", `{"revision":6,"shares":[{"variant":"stable","percent":90},{"variant":"staging","percent":10}]}`, 422, 5, 0},
		{"no share without replicas is fine", `{"revision":6,"shares":[{"variant":"stable","percent":100},{"variant":"staging","percent":0}]}`, 200, 6, 0},
		{"no JSON", `weights please`, 400, 6, 0},
		{"unknown field", `{"revision":7,"share":[]}`, 400, 6, 0},
	}
	for _, step := range steps {
		status, body := s.call(t, http.MethodPut, "/admin/weights", step.body)
		require.Equal(t, step.status, status, "%s: %s", step.what, body)
		var now serving.Traffic
		require.NoError(t, json.Unmarshal([]byte(s.get(t, "/admin/traffic")), &now))
		require.Equal(t, step.revision, now.Weights.Revision, step.what)
		require.Equal(t, step.canary, now.Weights.Of(serving.Canary), step.what)
		if step.status != 200 {
			require.Contains(t, body, `"detail":"`, step.what)
		}
	}
}

func TestAdmin_Pools_AreAbsoluteAndKeepWeightedVariantsServed(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	steps := []struct {
		what, variant, body string
		status              int
		endpoints           []string // of the variant afterwards
	}{
		{"stable", "stable", `{"endpoints":["http://127.0.0.1:9001","http://127.0.0.1:9002/"]}`, 200, []string{"http://127.0.0.1:9001", "http://127.0.0.1:9002"}},
		{"again", "stable", `{"endpoints":["http://127.0.0.1:9001","http://127.0.0.1:9002"]}`, 200, []string{"http://127.0.0.1:9001", "http://127.0.0.1:9002"}},
		{"given twice counts once", "stable", `{"endpoints":["http://127.0.0.1:9002","http://127.0.0.1:9002"]}`, 200, []string{"http://127.0.0.1:9002"}},
		{"emptied with weight", "stable", `{"endpoints":[]}`, 409, []string{"http://127.0.0.1:9002"}},
		{"emptied without weight", "canary", `{"endpoints":[]}`, 200, []string{}},
		{"with a path", "canary", `{"endpoints":["http://127.0.0.1:9001/v1"]}`, 422, []string{}},
		{"no scheme", "canary", `{"endpoints":["127.0.0.1:9001"]}`, 422, []string{}},
		{"another scheme", "canary", `{"endpoints":["ftp://127.0.0.1"]}`, 422, []string{}},
		{"missing", "canary", `{}`, 422, []string{}},
		{"unknown", "blue", `{"endpoints":["http://127.0.0.1:9001"]}`, 422, []string{}},
	}
	for _, step := range steps {
		status, body := s.call(t, http.MethodPut, "/admin/variants/"+step.variant, step.body)
		require.Equal(t, step.status, status, "%s: %s", step.what, body)
		got := s.Traffic().Pool(serving.Variant(step.variant)).Endpoints
		require.ElementsMatch(t, step.endpoints, got, step.what)
	}
}

func TestAdmin_BadQuery_Is422(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	for _, query := range []string{"since_unix=yesterday", "until_unix=NaN", "variant=blue"} {
		status, body := s.call(t, http.MethodGet, "/admin/observations?"+query, "")
		require.Equal(t, http.StatusUnprocessableEntity, status, body)
	}
	status, _ := s.call(t, http.MethodPost, "/admin/weights", "{}")
	require.Equal(t, http.StatusMethodNotAllowed, status)
}

func TestState_RestartedGateway_HasTheSameSplitPoolsAndFence(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "gateway.json")
	first := newStack(t, gateway.Options{StateFile: file})
	first.pool(t, serving.Stable, newEngine(t, "stable"))
	first.pool(t, serving.Canary, newEngine(t, "canary"))
	first.split(t, 7, split(100)...)

	second := newStack(t, gateway.Options{StateFile: file})
	require.NoError(t, second.StateError())
	require.Equal(t, first.Traffic(), second.Traffic())
	require.Equal(t, "canary", second.ask("").From)
	err := second.SetWeights(serving.Weights{Revision: 6, Shares: split(0)})
	require.ErrorIs(t, err, router.ErrStaleRevision)
	require.Len(t, entries(t, filepath.Dir(file)), 1, "no temporary file stays behind")
}

func entries(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	return list
}

func TestState_UnusableFile_IsSetAsideAndTheGatewayCanBeRepaired(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"half a file":    `{"weights":{"revi`,
		"invalid split":  `{"weights":{"revision":3,"shares":[{"variant":"stable","percent":10}]}}`,
		"no URL in pool": `{"weights":{"revision":3,"shares":[{"variant":"stable","percent":100}]},"pools":{"stable":["nowhere"]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "gateway.json")
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
			s := newStack(t, gateway.Options{StateFile: file})
			require.Error(t, s.StateError())
			require.Contains(t, s.get(t, "/admin/health"), `"status":"degraded"`)
			aside, err := os.ReadFile(file + ".unusable")
			require.NoError(t, err)
			require.Equal(t, content, string(aside))

			s.pool(t, serving.Stable, newEngine(t, "stable"))
			require.NoError(t, s.StateError())
			require.Contains(t, s.get(t, "/admin/health"), `"status":"ok"`)
			require.Equal(t, "stable", s.ask("").From)
		})
	}
}

func TestState_CannotBeSaved_TheChangeDoesNotHappen(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "gone")
	require.NoError(t, os.Mkdir(dir, 0o755))
	s := newStack(t, gateway.Options{StateFile: filepath.Join(dir, "gateway.json")})
	s.pool(t, serving.Stable, newEngine(t, "stable"))
	require.NoError(t, os.RemoveAll(dir))
	status, body := s.call(t, http.MethodPut, "/admin/variants/canary", `{"endpoints":["http://127.0.0.1:9001"]}`)
	require.Equal(t, http.StatusInternalServerError, status, body)
	require.Empty(t, s.Traffic().Pool(serving.Canary).Endpoints)
	require.Equal(t, "stable", s.ask("").From, "users do not notice")
}
