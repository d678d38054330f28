package provision_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestProcess_Remove_LetsTheEngineFinishItsRequests(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	status := h.ensure(h.worker(), serving.Canary, config("a"), 1)
	res, err := http.Post(status.Endpoints[0]+"/v1/completions", "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	r := bufio.NewReader(res.Body)
	line, err := r.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "begin\n", line)

	require.NoError(t, h.worker().Remove(t.Context(), h.fleet, serving.Canary))
	rest, err := io.ReadAll(r)
	require.NoError(t, err, "the stream was not cut")
	require.Equal(t, "end\n", string(rest))
	require.Equal(t, []string{"start a", "stop a"}, h.lines())
	h.eventually("no zombie stays", func() bool { return len(h.running()) == 0 })
}

func TestProcess_Remove_OfNothing_Succeeds(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	require.NoError(t, p.Remove(t.Context(), h.fleet, serving.Canary))
	h.ensure(p, serving.Canary, config("a"), 1)
	require.NoError(t, p.Remove(t.Context(), h.fleet, serving.Canary))
	require.NoError(t, p.Remove(t.Context(), h.fleet, serving.Canary))
	h.requireNothing(serving.Canary)
	described, err := p.Describe(t.Context(), h.fleet)
	require.NoError(t, err)
	require.Empty(t, described)
}

func TestProcess_Remove_LeavesOtherVariantsAlone(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	stable := h.ensure(p, serving.Stable, config("a"), 1)
	h.ensure(p, serving.Canary, config("b"), 1)
	require.NoError(t, p.Remove(t.Context(), h.fleet, serving.Canary))
	require.True(t, healthy(stable.Endpoints[0]))
	require.Equal(t, []string{"start a", "start b", "stop b"}, h.lines())
}

func TestProcess_EngineThatIgnoresSIGTERM_IsKilledAfterTheGrace(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker(short)
	h.ensure(p, serving.Canary, config("stubborn", "ignore-term"), 1)
	require.NoError(t, p.Remove(t.Context(), h.fleet, serving.Canary))
	require.Equal(t, []string{"start stubborn"}, h.lines(), "it had no time to say goodbye")
	h.eventually("no zombie stays", func() bool { return len(h.running()) == 0 })
	h.requireNothing(serving.Canary)
}

func TestProcess_Remove_EndsWithItsContextAndCanBeRepeated(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ensure(h.worker(), serving.Canary, config("stubborn", "ignore-term"), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, h.worker().Remove(ctx, h.fleet, serving.Canary), context.Canceled)
	require.FileExists(t, h.recordPath(serving.Canary, 0), "it is still known")
	require.NoError(t, h.worker(short).Remove(t.Context(), h.fleet, serving.Canary))
	h.requireNothing(serving.Canary)
}

func TestProcess_Remove_TakesWhatTheEngineLeftBehind(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	h.ensure(p, serving.Canary, config("a", "child"), 1)
	token := "PERFAGENT_LAUNCH=" + h.record(serving.Canary, 0)["token"].(string)
	require.Len(t, withEnvironment(t, token), 2, "the engine and its child")
	require.NoError(t, p.Remove(t.Context(), h.fleet, serving.Canary))
	require.Empty(t, withEnvironment(t, token), "an orphan would hold the accelerator")
}

// withEnvironment lists the living processes that have the entry.
func withEnvironment(t *testing.T, entry string) []string {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	var out []string
	for _, path := range paths {
		if env, err := os.ReadFile(path); err == nil && strings.Contains(string(env), entry) {
			out = append(out, path)
		}
	}
	return out
}

func TestProcess_RecycledProcessID_IsNotTouched(t *testing.T) {
	t.Parallel()
	for name, recycle := range map[string]func(identity map[string]any, pid int){
		"started at another time": func(id map[string]any, pid int) { id["pid"] = pid },
		"of another boot": func(id map[string]any, pid int) {
			id["pid"], id["boot"] = pid, "00000000-0000-0000-0000-000000000000"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			p := h.worker()
			before := h.ensure(p, serving.Stable, config("a"), 1)
			engine, stranger := h.pid(serving.Stable, 0), bystander(t)
			kill(t, engine)
			h.eventually("the engine is gone", func() bool { return !exists(engine) })
			h.rewrite(serving.Stable, 0, func(r map[string]any) { recycle(r["process"].(map[string]any), stranger) })

			described, err := p.Describe(t.Context(), h.fleet)
			require.NoError(t, err)
			require.Empty(t, described, "somebody else's process is no replica")
			after := h.ensure(h.worker(), serving.Stable, config("a"), 1)
			require.NotEqual(t, before.Endpoints, after.Endpoints)
			require.NoError(t, p.RemoveAll(t.Context()))
			require.True(t, exists(stranger))
		})
	}
}

func TestProcess_RemoveAll_LeavesNoneOfAnyFleetOrWorker(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ensure(h.worker(), serving.Stable, config("a"), 2)
	h.ensure(h.worker(), serving.Canary, config("b", "child"), 1)
	_, err := h.worker().Ensure(t.Context(), serving.Fleet{Name: "code"}, serving.VariantSpec{Variant: serving.Stable, Config: config("c"), Replicas: 1})
	require.NoError(t, err)
	require.Len(t, h.running(), 4)
	require.NoError(t, h.worker().RemoveAll(t.Context()))
	h.eventually("none is left", func() bool { return len(h.running()) == 0 })
	h.requireNothing(serving.Stable)
	require.NoError(t, h.worker().RemoveAll(t.Context()), "again is no error")
}

func TestProcess_RemoveAll_WithoutStateDirectory_Succeeds(t *testing.T) {
	t.Parallel()
	require.NoError(t, provision.NewProcess(provision.ProcessOptions{StateDir: filepath.Join(t.TempDir(), "none")}).RemoveAll(t.Context()))
}

func TestProcess_UnreadableRecord_IsAnErrorAndNotSkipped(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	h.ensure(p, serving.Stable, config("a"), 1)
	good, err := os.ReadFile(h.recordPath(serving.Stable, 0))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(h.recordPath(serving.Stable, 0), good[:20], 0o600))
	_, err = p.Ensure(t.Context(), h.fleet, spec(serving.Stable, config("a"), 1))
	require.ErrorContains(t, err, "replica-0.json", "starting a second one beside a lost one would be worse")
	require.Equal(t, []string{"start a"}, h.lines())
	require.NoError(t, os.WriteFile(h.recordPath(serving.Stable, 0), good, 0o600))
}
