package api

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/llmsim/realtime"
	"github.com/optiinfra/performance-agent/internal/llmsim/text"
	"github.com/optiinfra/performance-agent/internal/serving"
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

// Traffic is told what happens to requests outside of the engine; the traffic
// types of package metrics implement it. Calls come from any goroutine.
type Traffic interface {
	// Began is called for a request on a counted route; what it returns is called
	// at its end with the status and the lengths of the bodies as their headers
	// state them, 0 where they do not.
	Began(route, method string) (ended func(status int, in, out int64))
	// Asked is called for a generation request that could be read.
	Asked(route string)
	// Accepted is called when it is valid, with its tokens and those it may get.
	Accepted(promptTokens, maxTokens int)
	// Failed is called when it gets no answer, or not all of it.
	Failed(reason string)
}

// Config is what the server says about the engine and what it lets pass.
type Config struct {
	Engine      serving.EngineKind
	Model       string   // root of all names
	ServedNames []string // what clients may ask for, the first is the answer's
	Version     string
	MaxModelLen int // tokens of prompt and answer
	// StreamInterval is the number of tokens in an event of a stream; 0 means 1.
	StreamInterval int
	Seed           uint64 // of answers and of the choice of simulated errors
	Precision      text.Precision
	TGI            TGILimits
	SGLang         SGLangInfo
}

// Server is the API of one engine.
type Server struct {
	config     Config
	engine     Engine
	traffic    Traffic
	page       http.Handler // nil: there is no metrics page
	vocabulary *text.Vocabulary
	dialect    dialect
	gate       *gate
	slots      *slots
	serial     *serial

	mu        sync.Mutex
	dice      *rand.Rand
	errorRate float64
	hang      bool
	wrong     float64
}

// dialect is what an engine's API has of its own.
type dialect interface {
	// routes are those whose requests the engine's metrics count, by pattern;
	// quiet are the others.
	routes() map[string]http.HandlerFunc
	quiet() map[string]http.HandlerFunc
	// refusal is a problem where no answer has begun, event one in mid-stream.
	refusal(*problem) (status int, body []byte)
	event(*problem) []byte
	// refusesInStream says that a stream has begun, with status 200, before a
	// request is looked at.
	refusesInStream() bool
	brokenText() string
	// headers adds those of a whole answer.
	headers(http.Header, *run)
}

// New returns a server that is loading. Without a page there is no /metrics.
func New(c Config, e Engine, t Traffic, page http.Handler) *Server {
	s := &Server{
		config: c, engine: e, traffic: t, page: page,
		vocabulary: text.NewVocabulary(), gate: newGate(), slots: &slots{}, serial: newSerial(time.Now()),
		dice: rand.New(rand.NewPCG(c.Seed, 0)),
	}
	switch c.Engine {
	case serving.TGI:
		s.dialect, s.slots.most = &tgi{Server: s}, c.TGI.MaxConcurrentRequests
	case serving.SGLang:
		s.dialect = &sglang{Server: s}
	default:
		s.dialect = &vllm{Server: s}
	}
	return s
}

// Serve ends loading: from now on requests are accepted.
func (s *Server) Serve() { s.gate.open() }

// Drain refuses new requests; the channel is closed when none is left.
func (s *Server) Drain() <-chan struct{} { return s.gate.close() }

// SetFaults makes that share of requests, 0..1, fail with a status of 5xx, and
// tells a health route that generates whether the engine makes progress.
func (s *Server) SetFaults(errorRate float64, hang bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errorRate, s.hang = errorRate, hang
}

// SetWrong makes that share of the tokens of each answer, 0..1, wrong.
func (s *Server) SetWrong(share float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = share
}

func (s *Server) wrongShare() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wrong
}

// failsByFault decides whether the next request fails.
func (s *Server) failsByFault() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.errorRate > 0 && s.dice.Float64() < s.errorRate
}

func (s *Server) hangs() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hang
}

// admit takes places among the requests under way.
func (s *Server) admit(n int) *problem {
	if !s.slots.take(n) {
		return tooMany()
	}
	return nil
}

func (s *Server) refuse(w http.ResponseWriter, p *problem) {
	status, body := s.dialect.refusal(p)
	writeJSON(w, status, body)
}

func (s *Server) closed() *problem {
	return &problem{kind: unavailable, message: "The engine does not accept requests: it is loading or shutting down."}
}

// Handler serves all routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range s.dialect.quiet() {
		mux.Handle(pattern, handle)
	}
	for pattern, handle := range s.dialect.routes() {
		mux.Handle(pattern, s.counted(pattern, handle))
	}
	if s.page != nil {
		mux.Handle("GET /metrics", s.page)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Simulated", "llmsim")
		mux.ServeHTTP(w, r)
	})
}

// counted counts the answers of a route.
func (s *Server) counted(pattern string, handle http.HandlerFunc) http.Handler {
	method, route, _ := strings.Cut(pattern, " ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ended := s.traffic.Began(route, method)
		out := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		handle(out, r)
		ended(out.status, r.ContentLength, out.length)
	})
}
