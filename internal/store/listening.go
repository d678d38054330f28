package store

import (
	"net"
	"sync"
	"time"
)

// listening is a connection whose peer must not be silent for long while an answer
// is awaited: a server that froze, or whose machine is gone, takes what is sent and
// never says anything, and no deadline of a caller tells that from hard work.
type listening struct {
	net.Conn
	within time.Duration

	mu    sync.Mutex
	until time.Time // by which the driver wants an answer; zero is no such time
}

// Read fails with a timeout when nothing comes in time.
func (c *listening) Read(b []byte) (int, error) {
	c.mu.Lock()
	deadline := time.Now().Add(c.within)
	if !c.until.IsZero() && c.until.Before(deadline) {
		deadline = c.until
	}
	err := c.Conn.SetReadDeadline(deadline)
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// SetDeadline keeps the driver's deadline from being overwritten by Read.
func (c *listening) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	return c.Conn.SetDeadline(t)
}

// SetReadDeadline is SetDeadline for reads alone.
func (c *listening) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	return c.Conn.SetReadDeadline(t)
}
