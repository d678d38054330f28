package store

import (
	"context"
	"database/sql/driver"
	"sync"
	"time"
)

// migrateWithin bounds one try of all migrations, the wait for another process's
// included.
const migrateWithin = 15 * time.Minute

// gate lets no connection be made before the tables are up to date. So a Store can
// be opened while the database is away, and whoever reaches it first migrates it.
type gate struct {
	driver.Connector
	migrate func(context.Context) error

	mu   sync.Mutex
	open bool
	try  *attempt // nil while none is made
}

// attempt is one try of the migrations; err is settled once done is closed.
type attempt struct {
	done chan struct{}
	err  error
}

func newGate(c driver.Connector, migrate func(context.Context) error) *gate {
	return &gate{Connector: c, migrate: migrate}
}

// Connect implements driver.Connector.
func (g *gate) Connect(ctx context.Context) (driver.Conn, error) {
	if a := g.attempt(ctx); a != nil {
		select {
		case <-a.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if a.err != nil {
			return nil, a.err
		}
	}
	return g.Connector.Connect(ctx)
}

// attempt is the try that runs now, or a new one; nil once the gate is open. It
// goes on when its caller is gone: a large table's migration takes longer than a
// request may.
func (g *gate) attempt(ctx context.Context) *attempt {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open || g.try != nil {
		return g.try
	}
	a := &attempt{done: make(chan struct{})}
	g.try = a
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), migrateWithin)
		defer cancel()
		a.err = g.migrate(ctx)
		g.mu.Lock()
		g.open, g.try = a.err == nil, nil
		g.mu.Unlock()
		close(a.done)
	}()
	return a
}
