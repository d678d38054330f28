//go:build linux

package pgtest

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// process is a server of ours while it runs. log and err are settled once done
// is closed.
type process struct {
	dir  string
	who  account
	bin  string
	cmd  *exec.Cmd
	log  bytes.Buffer
	err  error
	done chan struct{}
}

func newProcess(dir string, who account, bin string) *process {
	return &process{dir: dir, who: who, bin: bin, done: make(chan struct{})}
}

func (p *process) data() string { return filepath.Join(p.dir, "data") }

func (p *process) initialise() error {
	cmd := p.who.command(p.dir, filepath.Join(p.bin, "initdb"), "--pgdata", p.data(), "--username", "postgres",
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// start runs the server until it ends. What it committed survives its own death,
// and not the machine's: nothing is forced to the disk. The signal at the parent's death follows
// the thread that started the child, so that thread must live as long as it.
func (p *process) start() {
	p.cmd = p.who.command(p.dir, filepath.Join(p.bin, "postgres"), "-D", p.data(), "-k", p.dir,
		"-c", "listen_addresses=", "-c", "fsync=off",
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

// kill ends the server as a crash would. Its children notice and end as well.
func (p *process) kill() {
	if p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	<-p.done
}
