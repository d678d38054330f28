package provision_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// host is a state directory and what runs from it.
type host struct {
	t     *testing.T
	dir   string
	diary string
	fleet serving.Fleet
}

func newHost(t *testing.T) *host {
	t.Helper()
	dir := t.TempDir()
	h := &host{t: t, dir: filepath.Join(dir, "state"), diary: filepath.Join(dir, "diary"),
		fleet: serving.Fleet{Name: "chat", Provisioner: serving.AdapterRef{Kind: provision.KindProcess}}}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		require.NoError(t, h.worker(short).RemoveAll(context.Background()), "clean up")
	})
	return h
}

// short makes a stubborn engine end soon.
func short(o *provision.ProcessOptions) { o.StopGrace = 100 * time.Millisecond }

// worker is a provisioner as a (re)started worker has it: it shares nothing with
// others but the state directory.
func (h *host) worker(change ...func(*provision.ProcessOptions)) *provision.Process {
	h.t.Helper()
	self, err := os.Executable()
	require.NoError(h.t, err)
	o := options(self, h.dir, h.diary)
	for _, f := range change {
		f(&o)
	}
	return provision.NewProcess(o)
}

func options(self, dir, diary string) provision.ProcessOptions {
	return provision.ProcessOptions{StateDir: dir,
		Env:          append(os.Environ(), engineVariable+"=serve", "PERFAGENT_SECRET=of-the-agent"),
		StartTimeout: 30 * time.Second, StopGrace: 20 * time.Second,
		CommandLine: func(cfg serving.EngineConfig, host string, port int) ([]string, error) {
			args := []string{self, "--host=" + host, "--port=" + strconv.Itoa(port), "--diary=" + diary}
			for _, f := range cfg.Flags {
				args = append(args, f.Name+"="+f.Value)
			}
			return args, nil
		}}
}

// config is an engine of that name, with switches.
func config(name string, switches ...string) serving.EngineConfig {
	cfg := serving.EngineConfig{Engine: serving.VLLM, Model: "m", Flags: []serving.Flag{{Name: "--name", Value: name}}}
	for _, s := range switches {
		flagName, value, given := strings.Cut(s, "=")
		if !given {
			value = "true"
		}
		cfg.Flags = append(cfg.Flags, serving.Flag{Name: "--" + flagName, Value: value})
	}
	return cfg
}

func spec(v serving.Variant, cfg serving.EngineConfig, replicas int) serving.VariantSpec {
	return serving.VariantSpec{Fleet: "chat", Variant: v, Config: cfg, Replicas: replicas}
}

func (h *host) ensure(p *provision.Process, v serving.Variant, cfg serving.EngineConfig, replicas int) serving.VariantStatus {
	h.t.Helper()
	status, err := p.Ensure(h.t.Context(), h.fleet, spec(v, cfg, replicas))
	require.NoError(h.t, err)
	require.Len(h.t, status.Endpoints, replicas)
	for _, e := range status.Endpoints {
		require.True(h.t, healthy(e), e)
	}
	return status
}

func healthy(endpoint string) bool {
	res, err := http.Get(endpoint + "/health")
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// lines is the diary: starts and stops in the order in which they happened.
func (h *host) lines() []string {
	h.t.Helper()
	content, err := os.ReadFile(h.diary)
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(h.t, err)
	return strings.Split(strings.TrimSpace(string(content)), "\n")
}

func (h *host) recordPath(v serving.Variant, replica int) string {
	return filepath.Join(h.dir, "chat", string(v), fmt.Sprintf("replica-%d.json", replica))
}

// record reads the record of a replica as a person would.
func (h *host) record(v serving.Variant, replica int) map[string]any {
	h.t.Helper()
	content, err := os.ReadFile(h.recordPath(v, replica))
	require.NoError(h.t, err)
	var r map[string]any
	require.NoError(h.t, json.Unmarshal(content, &r))
	return r
}

func (h *host) rewrite(v serving.Variant, replica int, change func(r map[string]any)) {
	h.t.Helper()
	r := h.record(v, replica)
	change(r)
	content, err := json.Marshal(r)
	require.NoError(h.t, err)
	require.NoError(h.t, os.WriteFile(h.recordPath(v, replica), content, 0o600))
}

func (h *host) pid(v serving.Variant, replica int) int {
	h.t.Helper()
	return int(h.record(v, replica)["process"].(map[string]any)["pid"].(float64))
}

// running lists the processes that carry the environment of this host's
// replicas, zombies included, whatever the records say.
func (h *host) running() []int {
	var out []int
	entries, err := os.ReadDir("/proc")
	require.NoError(h.t, err)
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		command, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err == nil && strings.Contains(string(command), "--diary="+h.diary) {
			out = append(out, pid)
		}
	}
	return out
}

func (h *host) eventually(what string, condition func() bool) {
	h.t.Helper()
	require.Eventually(h.t, condition, 20*time.Second, 5*time.Millisecond, what)
}

// bystander starts a process that is none of ours.
func bystander(t *testing.T) int {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), engineVariable+"=idle")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd.Process.Pid
}

func exists(pid int) bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(state), ") Z ")
}

func body(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	require.NoError(t, err)
	content, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return string(content)
}
