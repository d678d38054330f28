package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
)

// Health is the state of the server.
type Health struct {
	Status  string        `json:"status" enum:"ok,unavailable"`
	Version string        `json:"version"`
	Checks  []CheckResult `json:"checks,omitempty"`
}

// CheckResult is the state of one dependency.
type CheckResult struct {
	Name    string  `json:"name"`
	OK      bool    `json:"ok"`
	Error   string  `json:"error,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Version says what is running.
type Version struct {
	Version string `json:"version"`
}

// checkTimeout is below the 1-10 s after which orchestrators give up on a probe.
const checkTimeout = 2 * time.Second

const detailedPath = "/health/detailed"

type none struct{}

type raw struct{ Body func(huma.Context) }

func (s *Server) registerHealth() {
	get := func(path, id, summary string, errors ...int) route {
		return route{method: http.MethodGet, path: path, id: id, group: "health", summary: summary, errors: errors, public: true, reach: reachNone}
	}
	alive := func(context.Context, *none) (*body[Health], error) {
		return answer(Health{Status: "ok", Version: s.cfg.Version}), nil
	}
	handle(s, get("/health", "health", "Whether the server runs"), alive)
	handle(s, get("/health/live", "health-live", "Liveness: the process answers; no dependency is asked"), alive)
	handle(s, get("/health/ready", "health-ready", "Readiness: the store and Temporal answer", http.StatusServiceUnavailable), s.ready)
	detailed := get(detailedPath, "health-detailed", "Each dependency with its error and how long it took to answer")
	detailed.public = false // errors of dependencies tell of addresses
	handle(s, detailed, s.detailed)
	handle(s, get("/version", "version", "What is running"),
		func(context.Context, *none) (*body[Version], error) {
			return answer(Version{Version: s.cfg.Version}), nil
		})
	handle(s, get("/metrics", "prometheus-metrics", "The server's own metrics in the Prometheus text format"),
		func(context.Context, *none) (*raw, error) {
			return &raw{Body: func(ctx huma.Context) {
				c := humaecho.UnwrapV4(ctx)
				s.metrics.handler().ServeHTTP(c.Response(), c.Request())
			}}, nil
		})
}

func (s *Server) ready(ctx context.Context, _ *none) (*body[Health], error) {
	if s.draining() {
		return nil, drainingProblem()
	}
	h := s.check(ctx)
	if h.Status == "ok" {
		return answer(h), nil
	}
	p := newProblem(http.StatusServiceUnavailable, "unavailable", "a dependency does not answer")
	for _, c := range h.Checks {
		if !c.OK {
			p.Errors = append(p.Errors, FieldProblem{Field: c.Name, Message: c.Error})
		}
	}
	p.retryAfterSeconds = retrySeconds
	return nil, p
}

func (s *Server) detailed(ctx context.Context, _ *none) (*body[Health], error) {
	return answer(s.check(ctx)), nil
}

// check asks all dependencies at once, so that a slow one costs its own time only.
func (s *Server) check(ctx context.Context) Health {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	h := Health{Status: "ok", Version: s.cfg.Version, Checks: make([]CheckResult, len(s.deps.Checks))}
	var all sync.WaitGroup
	for i, c := range s.deps.Checks {
		all.Go(func() {
			began := s.deps.Now()
			err := c.Probe(ctx)
			h.Checks[i] = CheckResult{Name: c.Name, OK: err == nil, Seconds: s.deps.Now().Sub(began).Seconds()}
			if err != nil {
				h.Checks[i].Error = err.Error()
			}
		})
	}
	all.Wait()
	for _, c := range h.Checks {
		if !c.OK {
			h.Status = "unavailable"
		}
	}
	return h
}
