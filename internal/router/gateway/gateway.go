package gateway

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Gateway is one weighted proxy. Its methods may be called from several
// goroutines.
type Gateway struct {
	opts      Options
	transport *http.Transport
	buffers   *bufferPool
	arms      [lineLength]*arm // in the order of line()
	started   time.Time

	// table is what requests read; changes replace it whole under change.
	table  atomic.Pointer[table]
	change sync.Mutex
	// stateErr is set until the first change that was saved.
	stateErr atomic.Pointer[error]
}

// New makes a gateway with the weights and pools of the state file, or with
// everything on a stable that has no endpoints yet. A state file that cannot be
// read does not keep it from starting, because only a running gateway can be
// repaired over its admin API: the file is set aside, the gateway starts empty,
// and StateError and the health route say so.
func New(opts Options) *Gateway {
	g := &Gateway{opts: opts.withDefaults(), buffers: newBufferPool(), started: time.Now()}
	g.transport = newTransport(g.opts)
	for i, v := range line() {
		g.arms[i] = newArm(v, g.opts.SampleCapacity)
	}
	g.table.Store(g.newTable(serving.AllStable(0), nil))
	if err := g.restore(); err != nil {
		g.stateErr.Store(&err)
	}
	return g
}

// StateError is why the state file could not be used at the start, nil if it
// could or if a change has been saved since.
func (g *Gateway) StateError() error {
	if err := g.stateErr.Load(); err != nil {
		return *err
	}
	return nil
}

// Close drops the idle connections to the replicas. Requests still running end
// in their own time: stop the servers of the handlers first.
func (g *Gateway) Close() { g.transport.CloseIdleConnections() }

func newTransport(o Options) *http.Transport {
	return &http.Transport{
		Proxy:       nil, // replicas are addressed as given, whatever HTTP_PROXY says
		DialContext: (&net.Dialer{Timeout: o.DialTimeout}).DialContext,
		// One connection a running stream; a small limit would open and close
		// sockets all the time.
		MaxIdleConnsPerHost: 1024,
		// Below the 5 s after which uvicorn, under vLLM and SGLang, closes an idle
		// connection, so that we rarely write into one that is being closed.
		IdleConnTimeout:       4 * time.Second,
		ResponseHeaderTimeout: o.ResponseHeaderTimeout,
		DisableCompression:    true, // tokens are counted in the bytes that pass
	}
}

// bufferPool lends the copy buffers of the proxy.
type bufferPool struct{ pool sync.Pool }

// copyBufferBytes is the size io.Copy uses; an event of a stream is far smaller.
const copyBufferBytes = 32 << 10

func newBufferPool() *bufferPool {
	return &bufferPool{pool: sync.Pool{New: func() any { b := make([]byte, copyBufferBytes); return &b }}}
}

// Get lends a buffer.
func (b *bufferPool) Get() []byte { return *b.pool.Get().(*[]byte) }

// Put takes a buffer back.
func (b *bufferPool) Put(p []byte) { b.pool.Put(&p) }
