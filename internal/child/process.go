package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// stopGrace is what a child gets between SIGTERM and SIGKILL; the worker's own
// stop timeout is below it.
const stopGrace = 40 * time.Second

// Process is a program that can be killed and started again. Its methods may be
// called from several goroutines.
type Process struct {
	name  string
	args  []string
	env   []string
	files []*os.File
	log   string

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

// New is a process that does not run yet. env is added to this process's own; what
// it prints goes to name.log in logDir.
func New(logDir, name string, env []string, args ...string) *Process {
	return &Process{name: name, args: args, env: env, log: filepath.Join(logDir, name+".log")}
}

// Inherit gives it open files, from descriptor 3 on, at each start: a listening
// socket that is held here keeps its callers waiting while the program is away.
func (c *Process) Inherit(files ...*os.File) { c.files = files }

// Start runs the program in a process group of its own, so that a Ctrl-C meant for
// us does not reach it before we stop it in order.
func (c *Process) Start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open log of %s: %w", c.name, err)
	}
	defer log.Close()
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, c.files
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", c.name, err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	c.cmd, c.done = cmd, done
	return nil
}

// Kill ends the program and its children as a crash would, with SIGKILL.
func (c *Process) Kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return
	}
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	<-c.done
	c.cmd = nil
}

// Signal sends a signal to the program and its children. One that does not run is
// no error.
func (c *Process) Signal(sig syscall.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return nil
	}
	if err := syscall.Kill(-c.cmd.Process.Pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("send %s to %s: %w", sig, c.name, err)
	}
	return nil
}

// PID is the program's process ID, 0 while it was not started or was ended.
func (c *Process) PID() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return 0
	}
	return c.cmd.Process.Pid
}

// Stop ends the program gracefully.
func (c *Process) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(stopGrace):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
	c.cmd = nil
}

// Exited is closed when the program that was started last has ended.
func (c *Process) Exited() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done
}

// AwaitReady polls ready until it succeeds, the program ends, or the time is up.
func (c *Process) AwaitReady(ctx context.Context, longest time.Duration, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-c.Exited():
			return fmt.Errorf("%s ended at its start, see %s", c.name, c.log)
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready after %s (%w), see %s", c.name, longest, err, c.log)
		case <-ticker.C:
		}
	}
}
