package rig_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/chaos/rig"
	"github.com/optiinfra/performance-agent/internal/llmsim/fault"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func itoa(n int) string            { return strconv.Itoa(n) }
func contains(s, part string) bool { return strings.Contains(s, part) }

func TestFaultFile_IsWhatAnEngineReads(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f.json")
	f := rig.NewFaultFile(path)
	slow, gone := fault.Fault{Variant: "canary", Kind: fault.Slow, Factor: 10}, fault.Fault{Kind: fault.NoMetrics}
	inForce := func() fault.Set {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		set, err := fault.Parse(content, "canary")
		require.NoError(t, err)
		return set
	}
	require.NoError(t, f.Plant(slow))
	require.NoError(t, f.Plant(gone))
	require.InDelta(t, 10, inForce().Slowdown, 0)
	require.True(t, inForce().NoMetrics)
	require.NoError(t, f.Lift(gone))
	require.False(t, inForce().NoMetrics)
	require.NoError(t, f.Lift(slow))
	require.NoError(t, f.Lift(slow), "twice is once")
	require.Equal(t, fault.None(), inForce())
}

func split(canary int) serving.Weights {
	return serving.Weights{Shares: []serving.Share{{Variant: serving.Stable, Percent: 100 - canary}, {Variant: serving.Canary, Percent: canary}}}
}

func TestMoments_AreSeenFromWeightsAndProcesses(t *testing.T) {
	t.Parallel()
	m := rig.NewMoments()
	m.Split(serving.AllStable(1))
	require.False(t, m.Reached(chaos.Restored), "nothing had been shifted")
	m.Engines(map[string][]int{"stable": {1}, "canary": {2}})
	require.True(t, m.Reached(chaos.CanaryRuns))
	require.False(t, m.Reached(chaos.StagingRuns))
	m.Split(split(50))
	require.True(t, m.Reached(chaos.CanaryServes))
	require.False(t, m.Reached(chaos.CanaryAlone))
	m.Split(split(100))
	require.True(t, m.Reached(chaos.CanaryAlone))
	m.Split(serving.AllStable(3))
	require.True(t, m.Reached(chaos.Restored))
	<-m.News(chaos.Restored)
}

// What was shifted whole between two looks had its first share as well.
func TestMoments_AllAtOnce_IsEachOfThem(t *testing.T) {
	t.Parallel()
	m := rig.NewMoments()
	m.Split(split(100))
	require.True(t, m.Reached(chaos.CanaryServes))
}

func TestCount_FindsEnginesUnderASupervisorByTheirEnvironment(t *testing.T) {
	t.Parallel()
	engine, other := exec.Command("sleep", "600"), exec.Command("sleep", "600")
	engine.Env = []string{"PERFAGENT_FLEET=counted", "PERFAGENT_VARIANT=canary", "CHAOS_ENGINE=1"}
	other.Env = []string{"PERFAGENT_FLEET=counted", "PERFAGENT_VARIANT=canary"} // its supervisor
	for _, c := range []*exec.Cmd{engine, other} {
		require.NoError(t, c.Start())
		t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	}
	require.Eventually(t, func() bool { return len(rig.Count()["counted"]["canary"]) > 0 }, soon, time.Millisecond)
	require.Equal(t, []int{engine.Process.Pid}, rig.Count()["counted"]["canary"])
}

// A fault excuses requests only where it kills what carries them.
func TestOutages_OnlyOfWhatCarriesRequests(t *testing.T) {
	t.Parallel()
	blow := func(target chaos.Target, way chaos.Way) chaos.Blow {
		return chaos.Blow{Fault: chaos.Fault{Target: target, Way: way}, At: time.UnixMilli(1), Until: time.UnixMilli(9)}
	}
	for _, b := range []chaos.Blow{blow(chaos.Worker, chaos.Kill), blow(chaos.Server, chaos.Kill), blow(chaos.Temporal, chaos.Kill), blow(chaos.Database, chaos.Kill),
		blow(chaos.Disk, chaos.Full), blow(chaos.Control, chaos.Cut), blow(chaos.Metrics, chaos.Gone), blow(chaos.Router, chaos.Freeze)} {
		require.Empty(t, rig.Outages([]chaos.Blow{b}), b.Fault.Kind())
	}
	for _, b := range []chaos.Blow{blow(chaos.Router, chaos.Kill), blow(chaos.Engine, chaos.Kill), blow(chaos.Engine, chaos.Freeze)} {
		require.Len(t, rig.Outages([]chaos.Blow{b}), 1, b.Fault.Kind())
		b.Missed = "nobody there"
		require.Empty(t, rig.Outages([]chaos.Blow{b}), "what was missed excuses nothing")
	}
}
