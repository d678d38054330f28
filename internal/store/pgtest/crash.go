//go:build linux

package pgtest

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

// StartOwn starts a server that a test may kill, whatever TEST_DATABASE_URL says,
// and stops it with the test.
func StartOwn(tb testing.TB) *Server {
	tb.Helper()
	server, err := StartPrivate()
	Skip(tb, err)
	tb.Cleanup(func() {
		if err := server.Stop(); err != nil {
			tb.Errorf("stop the test server: %v", err)
		}
	})
	return server
}

// StartPrivate starts a server that the caller may kill, whatever TEST_DATABASE_URL
// says, and has to stop. The error is ErrNoBinaries when there is nothing to start.
func StartPrivate() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	return startOwn(bin)
}

// Kill ends a server of ours as a crash would: nothing is finished or said.
func (s *Server) Kill() { s.own.kill() }

// Restart starts a server that was killed on the data that it left, and returns
// when it takes connections. The first tries may fail: a child of the dead server
// holds its memory for some milliseconds.
func (s *Server) Restart() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		s.own = newProcess(s.own.dir, s.own.who, s.own.bin)
		s.own.start()
		err := s.awaitReady(ctx)
		if err == nil || !errors.Is(err, errEnded) || ctx.Err() != nil {
			return err
		}
	}
}

// Tool is the path of a program that comes with Postgres, for example pg_dump. A
// test is skipped without it.
func Tool(tb testing.TB, name string) string {
	tb.Helper()
	bin, err := binaries()
	Skip(tb, err)
	return filepath.Join(bin, name)
}
