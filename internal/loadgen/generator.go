package loadgen

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// defaultRequestTimeout bounds a request when the spec does not. It is beyond
// any latency that an interactive objective allows, so only a lost request
// meets it.
const defaultRequestTimeout = 120 * time.Second

// ErrUnreachable means that not one connection to the target could be opened.
var ErrUnreachable = errors.New("target is unreachable")

// Options sets up a Generator. The zero value is usable.
type Options struct {
	// Client sends the requests; nil means NewClient(Control).
	Client *http.Client
	// Control judges each address that is dialled, as net.Dialer's ControlContext;
	// nil allows all.
	Control func(ctx context.Context, network, address string, c syscall.RawConn) error
	// RequestTimeout bounds one request from its planned time when the spec
	// names no timeout; 0 means 120 s.
	RequestTimeout time.Duration
	// MaxLag is how late the 99th percentile of the requests may leave before
	// the result is Invalid; 0 means 20 ms or a tenth of the tightest latency
	// objective on TTFT or E2E, whichever is greater.
	MaxLag time.Duration
}

// Generator sends load. It is safe for concurrent use, but loads that run at
// the same time disturb each other's timing.
type Generator struct {
	client  *http.Client
	timeout time.Duration
	maxLag  time.Duration
	streams sync.Pool // of *stream, each with its read buffer
}

// New returns a Generator.
func New(o Options) *Generator {
	g := &Generator{client: o.Client, timeout: o.RequestTimeout, maxLag: o.MaxLag}
	if g.client == nil {
		g.client = NewClient(o.Control)
	}
	if g.timeout <= 0 {
		g.timeout = defaultRequestTimeout
	}
	g.streams.New = func() any { return newStream() }
	return g
}

// Steady sends one load of any profile and waits for every answer. target is the
// base URL of a server, or several joined by commas, which then take turns. It
// returns ctx.Err() as soon as ctx ends, and ErrUnreachable when no connection
// could be opened at all.
func (g *Generator) Steady(ctx context.Context, target, model string, spec serving.LoadSpec,
	objectives []serving.Objective) (serving.LoadResult, error) {
	p, err := g.planLoad(target, model, spec)
	if err != nil {
		return serving.LoadResult{}, err
	}
	c := newCriteria(objectives)
	seen, err := g.measureOnce(ctx, p, stopRules(spec.Stop, c))
	if err != nil {
		return serving.LoadResult{}, err
	}
	result := g.summarise(seen, c)
	if unreachable(result) {
		return result, fmt.Errorf("%s: %w", p.urls[0], ErrUnreachable)
	}
	return result, nil
}

// measureOnce runs a plan to its end.
func (g *Generator) measureOnce(ctx context.Context, p plan, watch watcher) (sighting, error) {
	defer g.client.CloseIdleConnections()
	seen, err := g.run(ctx, p, watch)
	if err != nil {
		return sighting{}, err
	}
	seen.closeWindow()
	return seen, nil
}

func (g *Generator) requestTimeout(spec serving.LoadSpec) time.Duration {
	if spec.RequestTimeoutSeconds > 0 {
		return seconds(spec.RequestTimeoutSeconds)
	}
	return g.timeout
}

// unreachable reports a load in which nobody ever answered the telephone.
func unreachable(r serving.LoadResult) bool {
	return r.Requests > 0 && r.ErrorKinds[KindConnect] == r.Requests
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
