package api

import "sync"

// gate lets requests in while it is open and tells when the last one has left.
type gate struct {
	mu      sync.Mutex
	state   gateState
	inside  int
	drained chan struct{} // closed when the gate is closed and nobody is inside
}

type gateState int

const (
	gateLoading gateState = iota
	gateOpen
	gateClosed
)

func newGate() *gate { return &gate{drained: make(chan struct{})} }

// open has no effect on a gate that was closed: an engine told to stop while it
// loads does not start to serve.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state == gateLoading {
		g.state = gateOpen
	}
}

func (g *gate) close() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state != gateClosed {
		g.state = gateClosed
		g.announce()
	}
	return g.drained
}

func (g *gate) isOpen() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state == gateOpen
}

// enter is false when the gate is not open; else leave must follow.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state != gateOpen {
		return false
	}
	g.inside++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.state == gateClosed {
		g.announce()
	}
}

func (g *gate) announce() {
	if g.inside == 0 {
		close(g.drained)
	}
}
