package main

import (
	"context"
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

// child is a process of the stack that can be killed and started again.
type child struct {
	name string
	args []string
	env  []string
	log  string

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

func newChild(logDir, name string, env []string, args ...string) *child {
	return &child{name: name, args: args, env: env, log: filepath.Join(logDir, name+".log")}
}

// start runs the child in a process group of its own, so that a Ctrl-C meant for
// us does not reach it before we stop it in order.
func (c *child) start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open log of %s: %w", c.name, err)
	}
	defer log.Close()
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Stdout, cmd.Stderr = log, log
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

// kill ends the child as a crash would, with SIGKILL.
func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Kill()
	<-c.done
	c.cmd = nil
}

// stop ends the child gracefully.
func (c *child) stop() {
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

// exited is closed when the child has ended.
func (c *child) exited() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done
}

// awaitReady polls ready until it succeeds, the child ends, or the time is up.
func (c *child) awaitReady(ctx context.Context, longest time.Duration, ready func(context.Context) error) error {
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
		case <-c.exited():
			return fmt.Errorf("%s ended at its start, see %s", c.name, c.log)
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready after %s (%w), see %s", c.name, longest, err, c.log)
		case <-ticker.C:
		}
	}
}
