package haproxytest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/child"
)

// Proxy is a running HAProxy in master-worker mode.
type Proxy struct {
	URL     string // where users come in
	Address string // for fleet.Router.Address
	Dir     string // of the map and the server state
	Metrics string // path of the exporter's socket

	config string
	users  *os.File // the listening socket, held over restarts
	cmd    *exec.Cmd
	log    child.Output
}

// Start runs an HAProxy for the fleet with everything on a stable that has no
// replicas yet. It ends with the test.
func Start(t testing.TB, fleet string) *Proxy {
	t.Helper()
	if _, err := exec.LookPath("haproxy"); err != nil {
		require.Empty(t, os.Getenv("HAPROXY_REQUIRED"), "no haproxy")
		t.Skip("no haproxy (scripts/need haproxy installs it)")
	}
	// Not t.TempDir: with a long test name its path would not fit into the address
	// of a socket.
	dir, err := os.MkdirTemp("", "haproxy")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	config, err := Configure(root(t), dir, fleet)
	require.NoError(t, err)
	p := &Proxy{Address: Address(dir), Dir: dir, Metrics: filepath.Join(dir, "metrics.sock"), config: config}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p.URL = "http://" + listener.Addr().String()
	p.users, err = listener.(*net.TCPListener).File()
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	t.Cleanup(func() { _ = p.users.Close() })
	p.start(t)
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Log(p.log.String())
		}
	})
	return p
}

// Configure writes the configuration that root, this repository, ships for a fleet of
// that name, and its empty map, into dir; it returns the configuration's path.
func Configure(root, dir, fleet string) (config string, err error) {
	shipped, err := os.ReadFile(filepath.Join(root, "deploy", "haproxy", "haproxy.cfg"))
	if err != nil {
		return "", fmt.Errorf("shipped configuration: %w", err)
	}
	config = filepath.Join(dir, "haproxy.cfg")
	// As its header says: another fleet's name in place of chat.
	return config, errors.Join(os.WriteFile(config, bytes.ReplaceAll(shipped, []byte("chat"), []byte(fleet)), 0o600),
		os.WriteFile(filepath.Join(dir, fleet+".map"), nil, 0o600))
}

// Environment is what HAProxy needs beside it: its sockets are in dir, and users come
// in through descriptor 3.
func Environment(dir string) []string {
	return []string{"SOCKET=" + strings.TrimPrefix(Address(dir), "unix:"), "DIR=" + dir, "LISTEN=fd@3",
		"METRICS=unix@" + filepath.Join(dir, "metrics.sock")}
}

// Address is what a fleet's record has for an HAProxy whose sockets are in dir.
func Address(dir string) string { return "unix:" + filepath.Join(dir, "admin.sock") }

// root is the directory of go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		require.NotEqual(t, filepath.Dir(dir), dir, "no go.mod above the test")
		dir = filepath.Dir(dir)
	}
}

func (p *Proxy) start(t testing.TB) {
	t.Helper()
	p.cmd = exec.Command("haproxy", "-W", "-f", p.config)
	p.cmd.Env = append(os.Environ(), Environment(p.Dir)...)
	p.cmd.ExtraFiles = []*os.File{p.users}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	loads := p.said(loaded)
	require.NoError(t, p.cmd.Start())
	p.awaitLoads(t, loads+1)
}

// loaded is what the master says when a worker serves.
const loaded = "Loading success"

// reloading is what it says when it heard the signal.
const reloading = "Reloading HAProxy"

func (p *Proxy) awaitLoads(t testing.TB, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return p.said(loaded) >= n }, 20*time.Second, 5*time.Millisecond, "haproxy does not start")
}

// Reload has a new worker take over while the old one finishes what it has.
func (p *Proxy) Reload(t testing.TB) {
	t.Helper()
	loads, heard := p.said(loaded), p.said(reloading)
	// A master that has just begun does not hear the signal yet.
	require.Eventually(t, func() bool {
		return p.said(reloading) > heard || p.cmd.Process.Signal(syscall.SIGUSR2) != nil
	}, 20*time.Second, 200*time.Millisecond, "haproxy does not reload")
	p.awaitLoads(t, loads+1)
}

// Restart ends HAProxy at once, with all that it holds, and starts it again.
func (p *Proxy) Restart(t testing.TB) {
	t.Helper()
	p.stop()
	p.start(t)
}

func (p *Proxy) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// said counts how often it printed the text.
func (p *Proxy) said(text string) int { return strings.Count(p.log.String(), text) }
