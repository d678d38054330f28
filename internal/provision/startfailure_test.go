package provision_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

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
