package provision_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestProcess_Describe_InTheMiddleOfAReplacement_ListsWhatServes(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	gate := filepath.Join(t.TempDir(), "gate")
	h.ensure(p, serving.Stable, config("old"), 3)
	done := make(chan error, 1)
	go func() {
		_, err := p.Ensure(t.Context(), h.fleet, spec(serving.Stable, config("new", "await="+gate), 3))
		done <- err
	}()
	h.eventually("the first new one is starting", func() bool { return strings.Contains(strings.Join(h.lines(), ","), "start new") })
	described, err := h.worker().Describe(t.Context(), h.fleet)
	require.NoError(t, err)
	require.Len(t, described, 1, "what does not serve yet is not listed")
	require.Len(t, described[0].Endpoints, 2)

	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	h.eventually("the second new one has begun", func() bool {
		return strings.Count(strings.Join(h.lines(), ","), "start new") >= 2
	})
	require.NoError(t, <-done)
	described, err = h.worker().Describe(t.Context(), h.fleet)
	require.NoError(t, err)
	require.Len(t, described, 1)
	require.True(t, described[0].Config.Equal(config("new", "await="+gate)))
}

func TestProcess_Describe_MixedVariant_HasTheGreaterPartFirst(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	h.ensure(p, serving.Stable, config("old"), 3)
	h.rewrite(serving.Stable, 0, func(r map[string]any) { r["config"].(map[string]any)["model"] = "another" })
	described, err := p.Describe(t.Context(), h.fleet)
	require.NoError(t, err)
	require.Len(t, described, 2)
	require.Len(t, described[0].Endpoints, 2)
	require.Equal(t, "another", described[1].Config.Model)
}

func TestProcess_OrphanOfADeadEngine_IsClearedAwayBeforeTheNextStart(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	cfg := config("a", "child")
	h.ensure(p, serving.Stable, cfg, 1)
	token := "PERFAGENT_LAUNCH=" + h.record(serving.Stable, 0)["token"].(string)
	engine := h.pid(serving.Stable, 0)
	kill(t, engine)
	h.eventually("the engine is gone", func() bool { return !exists(engine) })
	require.Len(t, withEnvironment(t, token), 1, "its worker still holds the accelerator")
	h.ensure(p, serving.Stable, cfg, 1)
	require.Empty(t, withEnvironment(t, token))
}

func TestProcess_LogOfTheLaunchBefore_IsKept(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.worker()
	_, err := p.Ensure(t.Context(), h.fleet, spec(serving.Canary, config("bad", "crash"), 1))
	require.ErrorIs(t, err, provision.ErrStartFailed)
	h.ensure(p, serving.Canary, config("good"), 1)
	log, err := os.ReadFile(filepath.Join(h.dir, "chat", "canary", "replica-0.log.1"))
	require.NoError(t, err)
	require.Contains(t, string(log), "boom, out of memory")
}

func TestProcess_LongLog_ContributesOnlyItsEnd(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	self, err := os.Executable()
	require.NoError(t, err)
	p := h.worker(func(o *provision.ProcessOptions) {
		o.CommandLine = func(serving.EngineConfig, string, int) ([]string, error) {
			return []string{"sh", "-c", `i=0; while [ $i -lt 2000 ]; do echo "line $i of a long log"; i=$((i+1)); done; exit 7`, self}, nil
		}
	})
	_, err = p.Ensure(t.Context(), h.fleet, spec(serving.Canary, config("a"), 1))
	require.ErrorIs(t, err, provision.ErrStartFailed)
	require.ErrorContains(t, err, "line 1999 of a long log")
	require.NotContains(t, err.Error(), "line 100 of")
	require.Less(t, len(err.Error()), 4<<10, "it goes into a workflow's history")
}

func TestProcess_PortOfAnotherReplica_IsNotGivenTwice(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	first, second := freeSystemPort(t), freeSystemPort(t)
	gate := filepath.Join(t.TempDir(), "gate")
	// The proposals know nothing of each other, and the first replica does not
	// listen yet while the second gets its port.
	proposals := make(chan int, 4)
	for _, port := range []int{first, first, first, second} {
		proposals <- port
	}
	p := h.worker(func(o *provision.ProcessOptions) {
		o.FreePort = func(string) (int, error) { return <-proposals, nil }
		o.StartTimeout = 20 * time.Second
	})
	done := make(chan serving.VariantStatus, 1)
	go func() {
		status, _ := p.Ensure(t.Context(), h.fleet, spec(serving.Stable, config("a", "await="+gate), 2))
		done <- status
	}()
	h.eventually("both have begun", func() bool { return len(h.lines()) == 2 })
	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	status := <-done
	require.Len(t, status.Endpoints, 2)
	joined := strings.Join(status.Endpoints, " ")
	require.Contains(t, joined, strconv.Itoa(first))
	require.Contains(t, joined, strconv.Itoa(second))
}
