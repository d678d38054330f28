package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/optiinfra/performance-agent/internal/router/haproxy"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// peer is an HAProxy with one fleet's stable replica behind it.
type peer struct {
	url string
	dir string
	cmd *exec.Cmd
	log bytes.Buffer
}

// startLimit is how long HAProxy may take until its socket answers.
const startLimit = 20 * time.Second

// startHAProxy runs HAProxy in one process, on the shipped configuration, and hands
// it the replica as the agent would.
func startHAProxy(ctx context.Context, program, shipped, replica string) (_ *peer, err error) {
	p := &peer{}
	defer func() {
		if err != nil {
			p.stop()
			err = errors.Join(err, errors.New(p.log.String()))
		}
	}()
	if p.dir, err = os.MkdirTemp("", "bench-haproxy"); err != nil {
		return nil, fmt.Errorf("folder of haproxy: %w", err)
	}
	if err = os.WriteFile(filepath.Join(p.dir, fleetName+".map"), nil, 0o600); err != nil {
		return nil, fmt.Errorf("map of haproxy: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	p.url = "http://" + l.Addr().String()
	users, err := l.(*net.TCPListener).File()
	if err = errors.Join(err, l.Close()); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	defer users.Close()
	socket := filepath.Join(p.dir, "admin.sock")
	p.cmd = exec.Command(program, "-db", "-f", shipped)
	p.cmd.Env = append(os.Environ(), "SOCKET="+socket, "DIR="+p.dir, "LISTEN=fd@3", "METRICS=unix@"+filepath.Join(p.dir, "metrics.sock"))
	p.cmd.ExtraFiles = []*os.File{users}
	p.cmd.Stdout, p.cmd.Stderr = io.Discard, &p.log
	if err = p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start haproxy: %w", err)
	}
	return p, p.fill(ctx, socket, replica)
}

// fleetName is the one of the shipped configuration.
const fleetName = "chat"

// fill gives stable its replica and waits until HAProxy's checks found it.
func (p *peer) fill(ctx context.Context, socket, replica string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	fleet := serving.Fleet{Name: fleetName, Router: serving.AdapterRef{Kind: haproxy.Kind, Address: "unix:" + socket}}
	router := haproxy.New(nil)
	return until(ctx, func() error {
		if err := router.SetEndpoints(ctx, fleet, serving.Stable, []string{replica}); err != nil {
			return fmt.Errorf("hand haproxy its replica: %w", err)
		}
		return works(ctx, p.url)
	})
}

func (p *peer) stop() {
	if p.cmd != nil && p.cmd.Process != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
	if p.dir != "" {
		_ = os.RemoveAll(p.dir)
	}
}
