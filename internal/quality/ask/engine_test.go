package ask_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/program"
)

const model = "meta-llama/Llama-3.1-8B-Instruct"

// simulated runs a simulated engine in this process until the test ends and
// returns its base URL. Flags before "vllm" are the simulator's own.
func simulated(t *testing.T, args ...string) string {
	t.Helper()
	options, err := program.ParseOptions(append([]string{"-startup", "0s", "-gpu", "H100"}, args...), "staging", io.Discard)
	require.NoError(t, err)
	p, err := program.New(options, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	socket, err := p.Bind()
	require.NoError(t, err)
	ctx, term := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx, socket) }()
	t.Cleanup(func() {
		term()
		<-ended
	})
	url := "http://" + socket.Addr().String()
	require.Eventually(t, func() bool {
		resp, err := http.Get(url + "/health")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, 10*time.Second, 5*time.Millisecond)
	return url
}

// vllmWith is the command line of a simulated vLLM.
func vllmWith(flags ...string) []string {
	return append([]string{"vllm", "serve", model, "--host", "127.0.0.1", "--port", "0", "--max-model-len", "4096"}, flags...)
}

// scripted is a server that answers as told and records what it was asked.
type scripted struct {
	answer func(w http.ResponseWriter, body map[string]any)

	mu       sync.Mutex
	asked    []map[string]any
	paths    []string
	at, most int // requests at a time
}

func (s *scripted) start(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := map[string]any{}
		_ = json.NewDecoder(r.Body).Decode(&body)
		s.mu.Lock()
		s.asked, s.paths = append(s.asked, body), append(s.paths, r.Method+" "+r.URL.Path)
		s.at++
		s.most = max(s.most, s.at)
		s.mu.Unlock()
		s.answer(w, body)
		s.mu.Lock()
		s.at--
		s.mu.Unlock()
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// say writes a whole answer.
func say(w http.ResponseWriter, text, finish string) {
	_ = json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{
		"message": map[string]any{"role": "assistant", "content": text}, "finish_reason": finish}}})
}

// count is how many requests came so far.
func (s *scripted) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}
