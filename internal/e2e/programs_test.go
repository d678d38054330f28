package e2e_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program is one of our binaries in a process of its own, with its log as JSON.
type program struct {
	cmd   *exec.Cmd
	ended chan struct{}

	mu  sync.Mutex
	log bytes.Buffer
}

// Write implements io.Writer for the log.
func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

// logged are the lines of the log with that message.
func (p *program) logged(message string) (lines []map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range bytes.Split(p.log.Bytes(), []byte("\n")) {
		var line map[string]any
		if json.Unmarshal(text, &line) == nil && line["msg"] == message {
			lines = append(lines, line)
		}
	}
	return lines
}

// built is the binary of a main package of this module, built once for all tests.
func built(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(the.llmsim), name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	out, err := exec.Command("go", "build", "-o", path, "github.com/optiinfra/performance-agent/"+name).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// startProgram returns once the log has the line that says that it works.
func startProgram(t *testing.T, name, works string, env []string, args ...string) (*program, map[string]any) {
	t.Helper()
	p := &program{cmd: exec.Command(built(t, name), append(args, "--log-format=json")...), ended: make(chan struct{})}
	p.cmd.Env = append(append(os.Environ(), "TEMPORAL_ADDRESS="+the.server.FrontendHostPort()), env...)
	p.cmd.Stderr = p
	require.NoError(t, p.cmd.Start())
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // the state says how it ended
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	require.Eventually(t, func() bool { return len(p.logged(works)) > 0 || p.over() }, 2*time.Minute, 20*time.Millisecond, "%s does not start", name)
	require.False(t, p.over(), "%s ended at its start: %s", name, p.log.String())
	return p, p.logged(works)[0]
}

func (p *program) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// term sends SIGTERM; the channel gives the seconds until the end.
func (p *program) term(t *testing.T) <-chan float64 {
	t.Helper()
	began := time.Now()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	took := make(chan float64, 1)
	go func() {
		<-p.ended
		took <- time.Since(began).Seconds()
	}()
	return took
}

func (f *fleet) startServerProgram(t *testing.T) (*program, apiServer) {
	t.Helper()
	p, line := startProgram(t, "server", "api listening", []string{"PERFAGENT_AUTH=off"}, "--listen=127.0.0.1:0", "--database-url="+f.database(),
		"--state-dir="+filepath.Join(f.dir, "engines"), "--rate-per-second=0")
	return p, apiServer{"http://" + line["address"].(string)}
}

func (f *fleet) startWorkerProgram(t *testing.T) *program {
	t.Helper()
	p, _ := startProgram(t, "worker", "worker started", nil, "--database-url="+f.database(), "--state-dir="+filepath.Join(f.dir, "engines"),
		"--engine-launcher="+the.llmsim+" -gpu H100 -startup 200ms -faults "+f.faultFile())
	return p
}
