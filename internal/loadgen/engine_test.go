package loadgen_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// completion is a request as the fake engine received it.
type completion struct {
	Model         string `json:"model"`
	Prompt        string `json:"-"` // content of the one message
	Messages      []struct{ Role, Content string }
	MaxTokens     int  `json:"max_tokens"`
	Stream        bool `json:"stream"`
	IgnoreEOS     bool `json:"ignore_eos"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

// fakeEngine is an OpenAI-compatible server with a known speed: a number of
// slots, a time to the first token and a time for each further one. It records
// what it received.
type fakeEngine struct {
	slots chan struct{} // nil: no limit
	ttft  time.Duration
	itl   time.Duration
	// answer, when set, takes the place of the n-th request's answer and reports
	// whether it did; n counts from 0.
	answer func(w http.ResponseWriter, r *http.Request, n int) bool

	mu       sync.Mutex
	received []completion
	canceled int
	serving  sync.WaitGroup
}

// start serves the engine until the test ends and returns its base URL.
func (e *fakeEngine) start(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(e)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

func (e *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.serving.Add(1)
	defer e.serving.Done()
	var c completion
	if r.URL.Path != "/v1/chat/completions" || json.NewDecoder(r.Body).Decode(&c) != nil || len(c.Messages) != 1 || c.Messages[0].Role != "user" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	c.Prompt = c.Messages[0].Content
	// The server notices a client that leaves only once the body is read.
	_, _ = io.Copy(io.Discard, r.Body)
	n := e.record(c)
	if e.answer != nil && e.answer(w, r, n) {
		return
	}
	if !e.generate(w, r, c) {
		e.mu.Lock()
		e.canceled++
		e.mu.Unlock()
	}
}

func (e *fakeEngine) record(c completion) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.received = append(e.received, c)
	return len(e.received) - 1
}

func (e *fakeEngine) requests() []completion {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]completion(nil), e.received...)
}

// generate streams a whole answer; it reports false when the client left.
func (e *fakeEngine) generate(w http.ResponseWriter, r *http.Request, c completion) bool {
	if e.slots != nil {
		select {
		case e.slots <- struct{}{}:
			defer func() { <-e.slots }()
		case <-r.Context().Done():
			return false
		}
	}
	w.Header().Set("Content-Type", "text/event-stream")
	wait := e.ttft
	for range c.MaxTokens {
		if !pause(r.Context(), wait) {
			return false
		}
		sendToken(w)
		wait = e.itl
	}
	sendUsage(w, len(strings.Fields(c.Prompt)), c.MaxTokens)
	sendData(w, "[DONE]")
	return true
}

// pause is the fake's own service time.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func sendToken(w http.ResponseWriter) {
	sendData(w, `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m",`+
		`"choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null,"stop_reason":null}],"usage":null}`)
}

func sendUsage(w http.ResponseWriter, prompt, output int) {
	sendData(w, fmt.Sprintf(`{"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":%d,"total_tokens":%d,"completion_tokens":%d}}`,
		prompt, prompt+output, output))
}

func sendData(w http.ResponseWriter, data string) {
	_, _ = fmt.Fprintf(w, "data: %s\n\n", data)
	w.(http.Flusher).Flush()
}
