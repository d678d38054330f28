package rig_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/chaos/rig"
	"github.com/optiinfra/performance-agent/internal/child"
)

// soon bounds the waits of these tests, far above what a busy machine needs.
const soon = time.Minute

func TestService_Killed_IsStartedAgainAfterThePauseAndCountsAsPlanned(t *testing.T) {
	t.Parallel()
	p := child.New(t.TempDir(), "sleeper", nil, "sleep", "600")
	s, err := rig.Keep("sleeper", p)
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	first, began := p.PID(), time.Now()
	s.Kill(300 * time.Millisecond)
	require.Eventually(t, func() bool { return p.PID() != 0 && p.PID() != first }, soon, time.Millisecond)
	require.GreaterOrEqual(t, time.Since(began), 300*time.Millisecond)
	require.Zero(t, s.Unplanned())
}

func TestService_EndsByItself_IsStartedAgainAndCounted(t *testing.T) {
	t.Parallel()
	mark := filepath.Join(t.TempDir(), "was")
	p := child.New(t.TempDir(), "shell", nil, "sh", "-c", `test -e "`+mark+`" && exec sleep 600; touch "`+mark+`"`)
	s, err := rig.Keep("shell", p)
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	first := p.PID()
	require.Eventually(t, func() bool { return p.PID() != first }, soon, time.Millisecond)
	require.Equal(t, 1, s.Unplanned())
}

func TestService_Frozen_StandsStillUntilItIsThawed(t *testing.T) {
	t.Parallel()
	p := child.New(t.TempDir(), "sleeper", nil, "sleep", "600")
	s, err := rig.Keep("sleeper", p)
	require.NoError(t, err)
	state := func() string {
		stat, err := os.ReadFile(filepath.Join("/proc", itoa(p.PID()), "stat"))
		require.NoError(t, err)
		return string(stat)
	}
	require.NoError(t, s.Freeze())
	require.Eventually(t, func() bool { return contains(state(), ") T ") }, soon, time.Millisecond)
	require.NoError(t, s.Thaw())
	require.Eventually(t, func() bool { return !contains(state(), ") T ") }, soon, time.Millisecond)
	require.NoError(t, s.Freeze())
	s.Stop() // a frozen one is ended as well
	require.Zero(t, p.PID())
}
