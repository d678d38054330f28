package rig

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/chaos"
)

// corruptEvery is how far apart the bytes are that a corrupting proxy changes.
const corruptEvery = 97

// lateBy is what a delaying proxy adds to each piece of an answer.
const lateBy = 400 * time.Millisecond

// proxy passes connections on to one address, and can be told to pass them badly.
type proxy struct {
	listener        net.Listener
	network, target string

	mu      sync.Mutex
	way     chaos.Way // "" passes
	changed chan struct{}
	open    map[net.Conn]struct{}
}

// newProxy listens on loopback until closed.
func newProxy(network, target string) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for a proxy of %s: %w", target, err)
	}
	p := &proxy{listener: l, network: network, target: target, changed: make(chan struct{}), open: map[net.Conn]struct{}{}}
	go p.serve()
	return p, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// set changes how it passes; "" is well again.
func (p *proxy) set(way chaos.Way) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.way = way
	close(p.changed)
	p.changed = make(chan struct{})
	if way == chaos.Cut {
		for c := range p.open {
			_ = c.Close()
		}
	}
}

func (p *proxy) now() (chaos.Way, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.way, p.changed
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.set(chaos.Cut)
}

func (p *proxy) serve() {
	for {
		c, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		go p.carry(c)
	}
}

func (p *proxy) carry(from net.Conn) {
	defer func() { _ = from.Close() }()
	if way, _ := p.now(); way == chaos.Cut {
		return
	}
	to, err := net.DialTimeout(p.network, p.target, 5*time.Second)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	if !p.hold(from, to) {
		return
	}
	defer p.drop(from, to)
	done := make(chan struct{}, 2)
	go func() { p.copy(to, from, false); done <- struct{}{} }()
	go func() { p.copy(from, to, true); done <- struct{}{} }()
	<-done
}

// hold notes the connections, unless they are cut by now.
func (p *proxy) hold(both ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range both {
		p.open[c] = struct{}{}
	}
	return p.way != chaos.Cut
}

func (p *proxy) drop(both ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range both {
		delete(p.open, c)
	}
}

// copy passes one direction until an end is closed.
func (p *proxy) copy(to io.Writer, from io.Reader, answers bool) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !p.pass(to, buffer[:n], answers) || err != nil {
			return
		}
	}
}

func (p *proxy) pass(to io.Writer, b []byte, answers bool) bool {
	way, changed := p.now()
	for way == chaos.Stall {
		<-changed
		way, changed = p.now()
	}
	switch {
	case way == chaos.Cut:
		return false
	case way == chaos.Delay && answers:
		late := time.NewTimer(lateBy)
		defer late.Stop()
		select {
		case <-late.C:
		case <-changed:
		}
	case way == chaos.Corrupt && answers:
		for i := corruptEvery / 2; i < len(b); i += corruptEvery {
			b[i] ^= 0x15
		}
	}
	_, err := to.Write(b)
	return err == nil
}
