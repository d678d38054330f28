//go:build linux

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a Postgres that databases can be taken from. It is safe for
// concurrent use.
type Server struct {
	admin url.URL // of a database whose user may create others
	own   *process
}

// startTimeout bounds initdb and the start; both together took 1.2 s on two
// busy cores. stopTimeout bounds a fast shutdown before the server is killed.
const (
	startTimeout = 60 * time.Second
	stopTimeout  = 10 * time.Second
)

// Start gives the server of TEST_DATABASE_URL, or starts one. The error is
// ErrNoBinaries when there is nothing to start. The caller stops the server.
func Start() (*Server, error) {
	if raw := os.Getenv("TEST_DATABASE_URL"); raw != "" {
		admin, err := url.Parse(raw)
		if err != nil {
			return nil, errors.New("TEST_DATABASE_URL is not a URL of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE")
		}
		return &Server{admin: *admin}, nil
	}
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	removeStale()
	return startOwn(bin)
}

func startOwn(bin string) (*Server, error) {
	who, err := serverAccount()
	if err != nil {
		return nil, err
	}
	dir, err := who.folder()
	if err != nil {
		return nil, fmt.Errorf("make folder of test server: %w", err)
	}
	own := newProcess(dir, who, bin)
	server := &Server{own: own, admin: url.URL{
		Scheme: "postgres", User: url.User("postgres"), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}}.Encode(),
	}}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := own.initialise(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	own.start()
	if err := server.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return server, nil
}

// Stop ends a server of ours and removes its folder.
func (s *Server) Stop() error {
	if s.own == nil {
		return nil
	}
	s.own.stop()
	return os.RemoveAll(s.own.dir)
}

// errEnded is a server that ended while it was waited for.
var errEnded = errors.New("test server ended")

// awaitReady waits until the server takes connections.
func (s *Server) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.admin.String())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-s.own.done:
			return fmt.Errorf("%w: %w\n%s", errEnded, s.own.err, s.own.log.Bytes())
		case <-ctx.Done():
			return fmt.Errorf("test server does not answer: %w", err)
		}
	}
}
