package detection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// engine is a simulated replica: it streams tokens at drawn times.
type engine struct {
	server *http.Server
	url    string
	page   *page
	plant  atomic.Pointer[Plant] // nil while healthy

	mu     sync.Mutex
	random *rand.Rand
}

// startEngine serves on a free port of the loopback interface until stopped.
func startEngine(seed uint64) (*engine, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	e := &engine{url: "http://" + listener.Addr().String(), page: newPage(), random: rand.New(rand.NewPCG(seed, 0))}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", e.page.handler())
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /v1/chat/completions", e.complete)
	e.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = e.server.Serve(listener) }() // ends with ErrServerClosed
	return e, nil
}

// stop cuts off what still runs: a hanging engine would never end by itself.
func (e *engine) stop() error {
	if err := e.server.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("stop %s: %w", e.url, err)
	}
	return nil
}

// breakNow makes every request from now on meet the plant.
func (e *engine) breakNow(p Plant) { e.plant.Store(&p) }

// draw is what one request meets.
func (e *engine) draw() (p Plant, ttft time.Duration, fails bool) {
	if planted := e.plant.Load(); planted != nil {
		p = *planted
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	seconds := p.p95() * math.Exp(ttftSigma*(e.random.NormFloat64()-z95))
	return p, time.Duration(seconds * float64(time.Second)), e.random.Float64() < p.ErrorRate
}

// tokensAsked is the limit in a request's body, 1 at least.
func tokensAsked(body io.Reader) (int, error) {
	var asked struct {
		MaxTokens int `json:"max_tokens"`
	}
	if err := json.NewDecoder(body).Decode(&asked); err != nil {
		return 0, fmt.Errorf("request: %w", err)
	}
	return max(asked.MaxTokens, 1), nil
}

func (e *engine) complete(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	tokens, err := tokensAsked(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.page.running.Inc()
	defer e.page.running.Dec()
	p, ttft, fails := e.draw()
	switch {
	case fails:
		http.Error(w, `{"error":{"message":"simulated failure","type":"InternalServerError"}}`, http.StatusInternalServerError)
	case p.Hang:
		<-r.Context().Done()
	default:
		if e.stream(r.Context(), w, ttft, tokens) {
			e.page.finished(ttft.Seconds(), time.Since(arrived).Seconds(), tokens)
		}
	}
}

const tokenEvent = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"simulated","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}` + "\n\n"

// stream writes the answer, each token at its time; false when the client left.
func (e *engine) stream(ctx context.Context, w http.ResponseWriter, ttft time.Duration, tokens int) bool {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	timer := time.NewTimer(ttft)
	defer timer.Stop()
	for i := range tokens {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
		}
		if _, err := io.WriteString(w, tokenEvent); err != nil || out.Flush() != nil {
			return false
		}
		if i < tokens-1 {
			timer.Reset(time.Duration(tokenSeconds * float64(time.Second)))
		}
	}
	_, err := fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"+
		"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":%d,\"total_tokens\":%d}}\n\ndata: [DONE]\n\n", tokens, tokens+8)
	return err == nil
}
