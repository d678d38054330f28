package api

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/llmsim/realtime"
	"github.com/optiinfra/performance-agent/internal/llmsim/text"
)

// Engine generates tokens; realtime.Loop implements it.
type Engine interface {
	// Now is the engine's clock in seconds, for a request's time of arrival.
	Now() float64
	// Submit never waits. The caller reads the stream to its end or aborts it.
	Submit(realtime.Job) *realtime.Stream
	// Abort frees what a stream holds; it may be called after its end.
	Abort(*realtime.Stream)
	// ResetPrefixCache is false while requests run.
	ResetPrefixCache(context.Context) (bool, error)
}

// Config is what the server says about the engine.
type Config struct {
	Model       string   // root of all names
	ServedNames []string // what clients may ask for, the first is the answer's
	Version     string
	MaxModelLen int // tokens
	// StreamInterval is the number of tokens in an event of a stream; 0 means 1.
	StreamInterval int
	Seed           uint64 // of answers and of the choice of simulated errors
}

// Server is the API of one engine.
type Server struct {
	config     Config
	engine     Engine
	vocabulary *text.Vocabulary
	registry   *prometheus.Registry
	http       *metrics.HTTP
	gate       *gate
	serial     *serial

	mu        sync.Mutex
	dice      *rand.Rand
	errorRate float64
}

// New returns a server that is loading.
func New(c Config, e Engine, r *prometheus.Registry) *Server {
	return &Server{
		config: c, engine: e, registry: r,
		vocabulary: text.NewVocabulary(), http: metrics.NewHTTP(r), gate: newGate(), serial: newSerial(time.Now()),
		dice: rand.New(rand.NewPCG(c.Seed, 0)),
	}
}

// Serve ends loading: from now on requests are accepted.
func (s *Server) Serve() { s.gate.open() }

// Drain refuses new requests; the channel is closed when none is left.
func (s *Server) Drain() <-chan struct{} { return s.gate.close() }

// SetErrorRate makes that share of requests, 0..1, fail with status 500.
func (s *Server) SetErrorRate(rate float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errorRate = rate
}

// failsByFault decides whether the next request fails.
func (s *Server) failsByFault() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.errorRate > 0 && s.dice.Float64() < s.errorRate
}

// Handler serves all routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("GET /version", s.version)
	mux.Handle("GET /metrics", metrics.Handler(s.registry))
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET /v1/models":            s.models,
		"POST /v1/completions":      s.completions,
		"POST /v1/chat/completions": s.chatCompletions,
		"POST /reset_prefix_cache":  s.resetPrefixCache,
	} {
		mux.Handle(pattern, s.counted(pattern, handle))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Simulated", "llmsim")
		mux.ServeHTTP(w, r)
	})
}

// counted counts the answers of a route by status.
func (s *Server) counted(pattern string, handle http.HandlerFunc) http.Handler {
	method, route, _ := strings.Cut(pattern, " ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		out := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		handle(out, r)
		s.http.Observe(route, method, out.status, time.Since(began))
	})
}
