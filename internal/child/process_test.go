package child_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/child"
)

// said waits until the program has printed the text so many times.
func said(t *testing.T, p *child.Process, log, text string, times int) {
	t.Helper()
	require.NoError(t, p.AwaitReady(t.Context(), time.Minute, func(context.Context) error {
		content, err := os.ReadFile(log)
		if err == nil && strings.Count(string(content), text) < times {
			err = errors.New("not yet")
		}
		return err
	}))
}

func TestProcess_Killed_EndsWithItsChildrenAndCanBeStartedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := child.New(dir, "shell", []string{"GREETING=hello"}, "sh", "-c", `sleep 600 & echo "$GREETING"; wait`)
	t.Cleanup(p.Kill)
	require.Zero(t, p.PID())
	require.NoError(t, p.Start())
	group := p.PID()
	said(t, p, filepath.Join(dir, "shell.log"), "hello", 1)
	p.Kill()
	<-p.Exited()
	require.Zero(t, p.PID())
	require.Eventually(t, func() bool { return errors.Is(syscall.Kill(-group, 0), syscall.ESRCH) }, time.Minute, time.Millisecond, "its child lives on")
	require.NoError(t, p.Signal(syscall.SIGCONT), "what does not run needs no signal")
	require.NoError(t, p.Start())
	said(t, p, filepath.Join(dir, "shell.log"), "hello", 2)
}

func TestProcess_Stopped_IsAskedFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := child.New(dir, "shell", nil, "sh", "-c", `trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done`)
	t.Cleanup(p.Kill)
	require.NoError(t, p.Start())
	said(t, p, filepath.Join(dir, "shell.log"), "up", 1)
	p.Stop()
	content, err := os.ReadFile(filepath.Join(dir, "shell.log"))
	require.NoError(t, err)
	require.Contains(t, string(content), "bye")
}

func TestProcess_EndsAtItsStart_IsSaid(t *testing.T) {
	t.Parallel()
	p := child.New(t.TempDir(), "broken", nil, "false")
	require.NoError(t, p.Start())
	<-p.Exited()
	err := p.AwaitReady(t.Context(), time.Minute, func(context.Context) error { return errors.New("no") })
	require.ErrorContains(t, err, "broken ended at its start")
	require.Error(t, child.New(t.TempDir(), "missing", nil, "/nowhere/at/all").Start())
}

// Who comes while the program is away waits at the socket that is held here.
func TestProcess_InheritedSocket_OutlivesIt(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	file, err := l.(*net.TCPListener).File()
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	t.Cleanup(func() { _ = file.Close() })
	dir := t.TempDir()
	p := child.New(dir, "shell", nil, "sh", "-c", `test -S /dev/fd/3 && echo socket; exec sleep 600`)
	t.Cleanup(p.Kill)
	p.Inherit(file)
	require.NoError(t, p.Start())
	said(t, p, filepath.Join(dir, "shell.log"), "socket", 1)
	p.Kill()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err, "nobody is refused")
	require.NoError(t, c.Close())
}
