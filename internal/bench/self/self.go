package self

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// variable names the role that a process was started to play.
const variable = "BENCH_ROLE"

// Role is the one that this process was started to play, "" for that of measuring.
func Role() string { return os.Getenv(variable) }

// Command is this command in a role, without arguments and with more environment.
func Command(ctx context.Context, role string, environment ...string) (*exec.Cmd, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this binary: %w", err)
	}
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = append(append(os.Environ(), variable+"="+role), environment...)
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 5 * time.Second
	return cmd, nil
}

// Server is a process that serves until it is stopped.
type Server struct {
	// Addresses are what it said first, one line of URLs with spaces between.
	Addresses []string
	cmd       *exec.Cmd
}

// Serve starts this command as a server that prints its addresses.
func Serve(ctx context.Context, role string, environment ...string) (*Server, error) {
	cmd, err := Command(ctx, role, environment...)
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("output of a server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	s := &Server{cmd: cmd}
	line, err := bufio.NewReader(out).ReadString('\n')
	if s.Addresses = strings.Fields(line); err != nil || !allURLs(s.Addresses) {
		s.Stop()
		return nil, fmt.Errorf("a server said %q instead of its addresses: %w", line, err)
	}
	return s, nil
}

func allURLs(list []string) bool {
	for _, a := range list {
		if !strings.HasPrefix(a, "http://") {
			return false
		}
	}
	return len(list) > 0
}

// PID is the server's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Stop ends the server and waits for it.
func (s *Server) Stop() {
	_ = s.cmd.Process.Signal(os.Interrupt)
	_ = s.cmd.Wait()
}
