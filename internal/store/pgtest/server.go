//go:build linux

package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
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
	own := &process{dir: dir, done: make(chan struct{})}
	server := &Server{own: own, admin: url.URL{
		Scheme: "postgres", User: url.User("postgres"), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}}.Encode(),
	}}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := own.initialise(who, bin); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	own.start(who, bin)
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
			return fmt.Errorf("test server ended: %w\n%s", s.own.err, s.own.log.Bytes())
		case <-ctx.Done():
			return fmt.Errorf("test server does not answer: %w", err)
		}
	}
}

// process is a server of ours while it runs. log and err are settled once done
// is closed.
type process struct {
	dir  string
	cmd  *exec.Cmd
	log  bytes.Buffer
	err  error
	done chan struct{}
}

func (p *process) data() string { return filepath.Join(p.dir, "data") }

func (p *process) initialise(who account, bin string) error {
	cmd := who.command(p.dir, filepath.Join(bin, "initdb"), "--pgdata", p.data(), "--username", "postgres",
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// start runs the server until it ends. The signal at the parent's death follows
// the thread that started the child, so that thread must live as long as it.
func (p *process) start(who account, bin string) {
	p.cmd = who.command(p.dir, filepath.Join(bin, "postgres"), "-D", p.data(), "-k", p.dir,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off",
		"-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=32MB")
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	started := make(chan struct{})
	go func() {
		defer close(p.done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		p.err = p.cmd.Start()
		close(started)
		if p.err == nil {
			p.err = p.cmd.Wait()
		}
	}()
	<-started
}

// stop asks for a fast shutdown and kills the server if it takes too long.
func (p *process) stop() {
	if p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-p.done:
	case <-time.After(stopTimeout):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}
