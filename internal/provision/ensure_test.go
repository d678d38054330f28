package provision_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
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
	require.Equal(t, before.ReadySeconds, after.ReadySeconds, "they are told as they were, since whoever asked first may have died")
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
	p := h.worker(func(o *provision.ProcessOptions) { o.RecoverTimeout = 200 * time.Millisecond })
	_, err := p.Ensure(t.Context(), h.fleet, spec(serving.Stable, config("a", "unhealthy-after-first"), 1))
	require.NoError(t, err)
	first := h.pid(serving.Stable, 0)
	_, err = p.Ensure(t.Context(), h.fleet, spec(serving.Stable, config("a", "unhealthy-after-first"), 1))
	require.NoError(t, err)
	require.NotEqual(t, first, h.pid(serving.Stable, 0))
	require.Equal(t, []string{"start a", "stop a", "start a"}, h.lines())
}

func TestProcess_WorkerKilledWhileStarting_TheNextOneWaitsForTheSameReplica(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	gate := filepath.Join(t.TempDir(), "gate")
	cfg := config("a", "await="+gate)
	worker := h.otherWorker(gate)
	h.eventually("the replica is starting", func() bool {
		content, err := os.ReadFile(h.recordPath(serving.Stable, 0))
		return err == nil && !strings.Contains(string(content), `"pid": 0`)
	})
	pid := h.pid(serving.Stable, 0)
	require.NoError(t, worker.Process.Kill())
	require.Error(t, worker.Wait())
	require.True(t, exists(pid), "the engine outlives its worker")
	described, err := h.worker().Describe(t.Context(), h.fleet)
	require.NoError(t, err)
	require.Empty(t, described, "a replica that never served is not described")

	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	h.ensure(h.worker(), serving.Stable, cfg, 1)
	require.Equal(t, pid, h.pid(serving.Stable, 0))
	require.Equal(t, []string{"start a"}, h.lines())
}

// otherWorker starts a worker that is a process of its own and ensures one
// replica of stable, which serves once the gate exists.
func (h *host) otherWorker(gate string) *exec.Cmd {
	h.t.Helper()
	self, err := os.Executable()
	require.NoError(h.t, err)
	cmd := exec.Command(self, h.dir, h.diary, gate)
	cmd.Env = append(os.Environ(), engineVariable+"=worker")
	require.NoError(h.t, cmd.Start())
	return cmd
}

func TestProcess_WorkerKilledBeforeItNotedTheProcess_ItIsFoundByItsToken(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	before := h.ensure(h.worker(), serving.Stable, config("a"), 1)
	pid := h.pid(serving.Stable, 0)
	// The record as it is between its first writing and the start of the process.
	h.rewrite(serving.Stable, 0, func(r map[string]any) {
		r["process"] = map[string]any{"pid": 0, "start_ticks": 0, "boot": ""}
		r["ready_unix"] = 0
	})
	after := h.ensure(h.worker(), serving.Stable, config("a"), 1)
	require.Equal(t, before.Endpoints, after.Endpoints)
	require.Equal(t, pid, h.pid(serving.Stable, 0))
	require.Equal(t, []string{"start a"}, h.lines())
}

func TestProcess_Replica_HasItsOwnSession(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ensure(h.worker(), serving.Stable, config("a"), 1)
	pid := h.pid(serving.Stable, 0)
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	require.NoError(t, err)
	_, fields, _ := strings.Cut(string(stat), ") ")
	const session = 6 - 3 // of proc_pid_stat(5), after the name
	require.Equal(t, strconv.Itoa(pid), strings.Fields(fields)[session], "Ctrl-C at the worker's terminal must not reach it")
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

func TestProcess_Updated_ReplacesOnlySoManyAndLeavesTheOthers(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	old := h.ensure(p, serving.Stable, config("old"), 3)
	upTo := func(n int) serving.VariantStatus {
		status, err := p.Ensure(t.Context(), h.fleet, serving.VariantSpec{Variant: serving.Stable, Config: config("new"), Replicas: 3, Updated: n})
		require.NoError(t, err)
		return status
	}
	require.Len(t, upTo(1).Endpoints, 1)
	require.Len(t, upTo(1).Endpoints, 1, "a repeat replaced another one")
	described, err := p.Describe(t.Context(), h.fleet)
	require.NoError(t, err)
	require.Len(t, described, 2)
	require.Equal(t, old.Endpoints[1:], described[0].Endpoints)
	require.Len(t, upTo(2).Endpoints, 2)
	require.Len(t, upTo(3).Endpoints, 3)
	require.Len(t, h.running(), 3)
	back := h.ensure(p, serving.Stable, config("old"), 3)
	require.Len(t, back.Endpoints, 3)
}
