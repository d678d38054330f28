package scrape_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// process is a replica whose process can be started anew, and which counts how
// often it is asked what it is.
type process struct {
	started atomic.Int64 // unix seconds; 0 is not said
	asked   atomic.Int64
	version http.HandlerFunc
}

func (p *process) serve(t *testing.T) string {
	t.Helper()
	routes := http.NewServeMux()
	routes.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running 3\n")
		if at := p.started.Load(); at > 0 {
			fmt.Fprintf(w, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n", at)
		}
	})
	routes.HandleFunc("/version", func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		p.version(w, r)
	})
	routes.HandleFunc("/v1/models", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":[{"id":"m","root":"org/m","max_model_len":4096}]}`)
	})
	server := httptest.NewServer(routes)
	t.Cleanup(server.Close)
	return server.URL
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestRead_InfoRoutes_CompleteTheReadingOncePerProcess(t *testing.T) {
	t.Parallel()
	p := &process{version: says(200, `{"version":"0.11.0"}`)}
	p.started.Store(1700000000)
	url, s := p.serve(t), scraper()
	for range 3 {
		r, err := s.Read(t.Context(), chat, url)
		require.NoError(t, err)
		require.Equal(t, "0.11.0", r.Version)
		require.Equal(t, "m", r.Model)
		require.Equal(t, "4096", r.Revealed["max_model_len"])
		for _, m := range r.Missing {
			require.NotEqual(t, "model", m.Quantity, "it is known by now")
		}
	}
	require.Equal(t, int64(1), p.asked.Load())

	p.started.Store(1700000100)
	_, err := s.Read(t.Context(), chat, url)
	require.NoError(t, err)
	require.Equal(t, int64(2), p.asked.Load(), "another process may be another version")
}

func TestRead_InfoRoutesThatFail_LeaveTheReadingAndAreLeftAlone(t *testing.T) {
	t.Parallel()
	for name, version := range map[string]http.HandlerFunc{
		"not there": says(404, ""), "needs a key": says(401, ""), "breaks": says(500, ""), "talks nonsense": says(200, "<html>"),
		"endless": says(200, strings.Repeat("x", 2<<20)),
	} {
		p := &process{version: version}
		url, s := p.serve(t), scraper()
		for range 2 {
			r, err := s.Read(t.Context(), chat, url)
			require.NoError(t, err, name)
			require.Empty(t, r.Version, name)
			require.Equal(t, serving.Known(3), r.Running, name)
			require.Equal(t, "m", r.Model, "%s: the other route counts", name)
		}
		require.Equal(t, int64(1), p.asked.Load(), name)
	}
}

func TestRead_InfoRouteThatHangs_DelaysNoLongerThanItsLimit(t *testing.T) {
	t.Parallel()
	p := &process{version: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}
	r, err := scraper().Read(t.Context(), chat, p.serve(t))
	require.NoError(t, err)
	require.Equal(t, serving.Known(3), r.Running)
}

// sglangPage is vLLM's mapping under another name, to tell engines apart with.
type sglangPage struct{ vllm.Engine }

func (sglangPage) Recognises(family string) bool { return strings.HasPrefix(family, "sglang:") }

func TestRead_PageOfAnotherEngine_IsSaid(t *testing.T) {
	t.Parallel()
	engines := engine.NewRegistry(map[serving.EngineKind]engine.Engine{serving.VLLM: vllm.New(), serving.SGLang: sglangPage{vllm.New()}})
	url := replica(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "# TYPE sglang:num_running_reqs gauge\nsglang:num_running_reqs 1\n")
	})
	r, err := scrape.New(&http.Client{}, engines).Read(t.Context(), chat, url)
	require.NoError(t, err)
	require.Contains(t, r.Missing, serving.Missing{Quantity: "engine", Reason: "the page is sglang's and was read as vllm's"})
}
