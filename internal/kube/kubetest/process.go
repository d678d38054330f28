package kubetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// stopGrace is what a component gets between SIGTERM and SIGKILL. etcd's data is
// thrown away, so nothing is lost by the latter.
const stopGrace = 5 * time.Second

// process is a child and its log.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
}

// run starts a component of the plane.
func (p *Plane) run(program string, args ...string) error {
	child, err := startProcess(filepath.Join(p.dir, filepath.Base(program)+".log"), nil, append([]string{program}, args...))
	if err != nil {
		return err
	}
	p.processes = append(p.processes, child)
	return nil
}

// startProcess starts a command with its output in a file; env is added to that
// of this process.
func startProcess(log string, env, command []string) (*process, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	defer func() { _ = out.Close() }()
	p := &process{cmd: exec.Command(command[0], command[1:]...), log: log, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Env = out, out, append(os.Environ(), env...)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", command[0], err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait()
	}()
	return p, nil
}

// ended reports whether the process has ended, without waiting.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *process) terminate() { _ = p.cmd.Process.Signal(syscall.SIGTERM) }

func (p *process) stop() {
	p.terminate()
	over := time.NewTimer(stopGrace)
	defer over.Stop()
	select {
	case <-p.done:
	case <-over.C:
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// tail is the end of the log, as much as Kubernetes keeps of one.
func (p *process) tail() string {
	content, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-2048):])
}
