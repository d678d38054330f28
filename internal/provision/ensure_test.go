package provision_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestProcess_Ensure_StartsReplicasThatServeWithTheirNames(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	status := h.ensure(h.worker(), serving.Canary, config("a"), 2)
	require.Equal(t, "chat", status.Fleet)
	require.Equal(t, serving.Canary, status.Variant)
	require.True(t, status.Config.Equal(config("a")))
	require.Positive(t, status.ReadySeconds)
	require.NotEqual(t, status.Endpoints[0], status.Endpoints[1])
	env := body(t, status.Endpoints[1]+"/env")
	require.Contains(t, env, "PERFAGENT_FLEET=chat\n")
	require.Contains(t, env, "PERFAGENT_VARIANT=canary\n")
	require.Contains(t, env, "PERFAGENT_REPLICA=1\n")
	require.NotContains(t, env, "PERFAGENT_SECRET", "the agent's settings are not the engine's business")
}

func TestProcess_Launcher_IsPutBeforeTheCommandLine(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker(func(o *provision.ProcessOptions) { o.Launcher = []string{"env", "WRAPPED=yes"} })
	status := h.ensure(p, serving.Stable, config("a"), 1)
	require.Contains(t, body(t, status.Endpoints[0]+"/env"), "WRAPPED=yes\n")
	require.NoError(t, p.Remove(t.Context(), h.fleet, serving.Stable))
	require.Empty(t, h.running())
}

func TestProcess_RestartedWorker_AdoptsWhatRuns(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	before := h.ensure(h.worker(), serving.Stable, config("a"), 2)
	after := h.ensure(h.worker(), serving.Stable, config("a"), 2)
	require.Equal(t, before.Endpoints, after.Endpoints)
	require.Zero(t, after.ReadySeconds, "nothing was launched")
	require.Equal(t, []string{"start a", "start a"}, h.lines())

	described, err := h.worker().Describe(t.Context(), h.fleet)
	require.NoError(t, err)
	require.Len(t, described, 1)
	require.Equal(t, before.Endpoints, described[0].Endpoints)
	require.True(t, described[0].Config.Equal(config("a")))
}

func TestProcess_AnotherConfig_ReplacesReplicaByReplica(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	h.ensure(p, serving.Stable, config("old"), 2)
	status := h.ensure(h.worker(), serving.Stable, config("new"), 2)
	require.True(t, status.Config.Equal(config("new")))
	require.Equal(t, []string{"start old", "start old", "stop old", "start new", "stop old", "start new"}, h.lines())
	require.Len(t, h.running(), 2)
}

func TestProcess_OtherReplicaCount_StartsTheMissingAndStopsTheSurplus(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	one := h.ensure(p, serving.Stable, config("a"), 1)
	three := h.ensure(p, serving.Stable, config("a"), 3)
	require.Contains(t, three.Endpoints, one.Endpoints[0])
	two := h.ensure(p, serving.Stable, config("a"), 2)
	require.Subset(t, three.Endpoints, two.Endpoints)
	require.Equal(t, []string{"start a", "start a", "start a", "stop a"}, h.lines())
	require.Len(t, h.running(), 2)
}

func TestProcess_ShrinkToAnotherConfig_LeavesOnlyTheNew(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	h.ensure(p, serving.Stable, config("old"), 3)
	h.ensure(p, serving.Stable, config("new"), 1)
	require.Equal(t, []string{"start old", "start old", "start old", "stop old", "start new", "stop old", "stop old"}, h.lines())
	require.Len(t, h.running(), 1)
}

func TestProcess_DeadReplica_IsNotDescribedAndIsStartedAnew(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	before := h.ensure(p, serving.Stable, config("a"), 2)
	dead := h.pid(serving.Stable, 0)
	require.NoError(t, syscall.Kill(dead, syscall.SIGKILL))
	h.eventually("it is gone and no zombie", func() bool { _, err := os.Stat("/proc/" + strconv.Itoa(dead)); return err != nil })
	described, err := p.Describe(t.Context(), h.fleet)
	require.NoError(t, err)
	require.Equal(t, before.Endpoints[1:], described[0].Endpoints)
	after := h.ensure(h.worker(), serving.Stable, config("a"), 2)
	require.Equal(t, before.Endpoints[1], after.Endpoints[1], "the living one was left alone")
	require.Positive(t, after.ReadySeconds)
}

func TestProcess_ReplicaThatStoppedServing_IsReplaced(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	// The limit for a replica that served before is capped by the start timeout.
	quick := func(o *provision.ProcessOptions) { o.StartTimeout = 3 * time.Second }
	p := h.worker(quick)
	_, err := p.Ensure(t.Context(), h.fleet, spec(serving.Stable, config("a", "unhealthy-after-first"), 1))
	require.NoError(t, err)
	first := h.pid(serving.Stable, 0)
	_, err = p.Ensure(t.Context(), h.fleet, spec(serving.Stable, config("a", "unhealthy-after-first"), 1))
	require.NoError(t, err)
	require.NotEqual(t, first, h.pid(serving.Stable, 0))
	require.Equal(t, []string{"start a", "stop a", "start a"}, h.lines())
}

func TestProcess_CrashAtStart_FailsWithItsLastWords(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	_, err := p.Ensure(t.Context(), h.fleet, spec(serving.Canary, config("bad", "crash"), 2))
	require.ErrorIs(t, err, provision.ErrStartFailed)
	require.ErrorIs(t, err, serving.ErrPermanent)
	require.ErrorContains(t, err, "boom, out of memory")
	require.ErrorContains(t, err, "exit status 3")
	h.requireNothing(serving.Canary)
}

// requireNothing checks that a variant has neither process nor record.
func (h *host) requireNothing(v serving.Variant) {
	h.t.Helper()
	require.Empty(h.t, h.running())
	records, err := filepath.Glob(filepath.Join(h.dir, "chat", string(v), "*.json"))
	require.NoError(h.t, err)
	require.Empty(h.t, records)
}

func TestProcess_NotReadyInTime_FailsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker(func(o *provision.ProcessOptions) { o.StartTimeout = 300 * time.Millisecond })
	_, err := p.Ensure(t.Context(), h.fleet, spec(serving.Canary, config("slow", "never-ready"), 1))
	require.ErrorIs(t, err, provision.ErrStartFailed)
	require.ErrorContains(t, err, "300ms")
	h.requireNothing(serving.Canary)
}

func TestProcess_FailedReplacement_KeepsWhatServes(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	before := h.ensure(p, serving.Stable, config("old"), 2)
	_, err := p.Ensure(t.Context(), h.fleet, spec(serving.Stable, config("bad", "crash"), 2))
	require.ErrorIs(t, err, provision.ErrStartFailed)
	described, err := p.Describe(t.Context(), h.fleet)
	require.NoError(t, err)
	require.Len(t, described, 1)
	require.True(t, described[0].Config.Equal(config("old")))
	require.Equal(t, before.Endpoints[1:], described[0].Endpoints, "one was given up for the try, the other must stay")
	require.Len(t, h.running(), 1)
	h.ensure(p, serving.Stable, config("old"), 2) // the undo
}

func TestProcess_CancelledWhileStarting_LeavesNothing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := h.worker().Ensure(ctx, h.fleet, spec(serving.Canary, config("slow", "never-ready"), 2))
		failed <- err
	}()
	h.eventually("both are starting", func() bool { return len(h.lines()) == 2 })
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled)
	h.requireNothing(serving.Canary)
}

func TestProcess_WorkerDiedWhileStarting_TheNextOneWaitsForTheSameReplica(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	gate := filepath.Join(t.TempDir(), "gate")
	cfg := config("a", "await="+gate)
	// Two workers: the first is in the middle of the start when the second comes.
	// It cannot be killed within this test, so what its death leaves is made by
	// hand: a record without the process, and a process that is not ready.
	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	before := h.ensure(h.worker(), serving.Stable, cfg, 1)
	pid := h.pid(serving.Stable, 0)
	h.rewrite(serving.Stable, 0, func(r map[string]any) {
		r["process"] = map[string]any{"pid": 0, "start_ticks": 0, "boot": ""}
		r["ready_unix"] = 0
	})
	described, err := h.worker().Describe(t.Context(), h.fleet)
	require.NoError(t, err)
	require.Empty(t, described, "a replica that never served is not described")

	after := h.ensure(h.worker(), serving.Stable, cfg, 1)
	require.Equal(t, before.Endpoints, after.Endpoints)
	require.Equal(t, pid, h.pid(serving.Stable, 0), "found by its token")
	require.Equal(t, []string{"start a"}, h.lines())
}

func TestProcess_ConcurrentEnsure_StartsEachReplicaOnce(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	var wg sync.WaitGroup
	results := make([]serving.VariantStatus, 6)
	errs := make([]error, len(results))
	workers := []*provision.Process{h.worker(), h.worker()}
	for i := range results {
		wg.Go(func() {
			results[i], errs[i] = workers[i%2].Ensure(t.Context(), h.fleet, spec(serving.Stable, config("a"), 2))
		})
	}
	wg.Wait()
	for i := range results {
		require.NoError(t, errs[i])
		require.Equal(t, results[0].Endpoints, results[i].Endpoints)
	}
	require.Equal(t, []string{"start a", "start a"}, h.lines())
}

func TestProcess_LockHeldByAnother_CallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	held := make(chan error, 1)
	go func() {
		_, err := h.worker().Ensure(ctx, h.fleet, spec(serving.Canary, config("slow", "never-ready"), 1))
		held <- err
	}()
	h.eventually("the lock is held", func() bool { return len(h.lines()) == 1 })
	waiting, giveUp := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer giveUp()
	require.ErrorIs(t, h.worker().Remove(waiting, h.fleet, serving.Canary), context.DeadlineExceeded)
	h.ensure(h.worker(), serving.Stable, config("a"), 1) // another variant is free
	cancel()
	require.ErrorIs(t, <-held, context.Canceled)
}

func TestProcess_PortTakenByAStranger_AnotherIsTried(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	// The stranger answers health checks, so that an answer alone would deceive.
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer stranger.Close()
	taken := stranger.Listener.Addr().(*net.TCPAddr).Port
	var asked atomic.Int64
	p := h.worker(func(o *provision.ProcessOptions) {
		free := freeSystemPort(t)
		o.FreePort = func(string) (int, error) {
			if asked.Add(1) == 1 {
				return taken, nil
			}
			return free, nil
		}
	})
	status := h.ensure(p, serving.Stable, config("a"), 1)
	require.NotContains(t, status.Endpoints[0], strconv.Itoa(taken))
	require.EqualValues(t, 2, asked.Load())
	require.Len(t, h.running(), 1)
}

func TestProcess_PortAlwaysTaken_IsWorthARetryAndLeavesNothing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	stranger := httptest.NewServer(http.NotFoundHandler())
	defer stranger.Close()
	taken := stranger.Listener.Addr().(*net.TCPAddr).Port
	p := h.worker(func(o *provision.ProcessOptions) { o.FreePort = func(string) (int, error) { return taken, nil } })
	_, err := p.Ensure(t.Context(), h.fleet, spec(serving.Stable, config("a"), 1))
	require.Error(t, err)
	require.NotErrorIs(t, err, serving.ErrPermanent)
	require.ErrorContains(t, err, "address already in use")
	h.requireNothing(serving.Stable)
}

func freeSystemPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

func TestProcess_RequestsThatCanNeverWork_ArePermanent(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	missing := func(o *provision.ProcessOptions) { o.Launcher = []string{filepath.Join(h.dir, "no-such-program")} }
	refusing := func(o *provision.ProcessOptions) {
		o.CommandLine = func(serving.EngineConfig, string, int) ([]string, error) { return nil, os.ErrInvalid }
	}
	empty := func(o *provision.ProcessOptions) {
		o.CommandLine = func(serving.EngineConfig, string, int) ([]string, error) { return nil, nil }
	}
	plain := func(*provision.ProcessOptions) {}
	for name, c := range map[string]struct {
		change func(*provision.ProcessOptions)
		fleet  string
		spec   serving.VariantSpec
		want   error
	}{
		"no such program":     {missing, "chat", spec(serving.Stable, config("a"), 1), provision.ErrStartFailed},
		"unknown engine":      {refusing, "chat", spec(serving.Stable, config("a"), 1), provision.ErrInvalid},
		"empty command":       {empty, "chat", spec(serving.Stable, config("a"), 1), provision.ErrInvalid},
		"no replicas":         {plain, "chat", spec(serving.Stable, config("a"), 0), provision.ErrInvalid},
		"another fleet":       {plain, "code", spec(serving.Stable, config("a"), 1), provision.ErrInvalid},
		"a name with a slash": {plain, "../chat", serving.VariantSpec{Variant: serving.Stable, Replicas: 1}, provision.ErrInvalid},
		"an empty variant":    {plain, "chat", serving.VariantSpec{Replicas: 1}, provision.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.worker(c.change).Ensure(t.Context(), serving.Fleet{Name: c.fleet}, c.spec)
			require.ErrorIs(t, err, c.want)
			require.ErrorIs(t, err, serving.ErrPermanent)
		})
	}
	h.requireNothing(serving.Stable)
	entries, err := os.ReadDir(filepath.Dir(h.dir))
	require.NoError(t, err)
	for _, e := range entries {
		require.False(t, strings.HasPrefix(e.Name(), "chat"), "nothing outside of the state directory")
	}
}
