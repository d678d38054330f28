package sched_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// conversations runs prompts in turn through a cache for two of them and returns
// what the last run found.
func conversations(t *testing.T, host int, ids ...int) (*sched.Request, perfmodel.Batch, sched.Stats) {
	t.Helper()
	l := small()
	l.Blocks, l.MaxModelLen, l.HostBlocks = 8, 32, host
	s := newScheduler(t, l)
	var r *sched.Request
	var batch perfmodel.Batch
	for _, id := range ids {
		r = request(id, 0, 13, 1)
		add(t, s, r)
		batch, _ = step(t, s, 0)
	}
	return r, batch, s.Stats()
}

func TestHostCache_BringsBackWhatTheGPUGaveUp(t *testing.T) {
	t.Parallel()
	r, batch, stats := conversations(t, 0, 1, 2, 3, 1)
	require.Equal(t, 0, r.Cached)
	require.Zero(t, batch.HostTokens)

	r, batch, stats = conversations(t, 100, 1, 2, 3, 1)
	require.Equal(t, 12, r.Cached)
	require.Equal(t, 12, batch.HostTokens)
	require.Equal(t, []perfmodel.Chunk{{New: 1, Cached: 12}}, batch.Prefills)
	require.Equal(t, 12, stats.HostHits)
	require.Zero(t, stats.PrefixHits)

	_, batch, stats = conversations(t, 100, 1, 2, 3, 1, 1)
	require.Zero(t, batch.HostTokens, "it is on the GPU again")
	require.Equal(t, 12, stats.PrefixHits)
}

func TestHostCache_ForgetsTheOldestBeyondItsSize(t *testing.T) {
	t.Parallel()
	r, _, _ := conversations(t, 4, 1, 2, 3, 4, 5, 1)
	require.Zero(t, r.Cached)
	r, _, _ = conversations(t, 4, 1, 2, 3, 4, 5, 3)
	require.Positive(t, r.Cached, "the latest to be given up is still there")
}

func TestHostCache_Reset_ForgetsItToo(t *testing.T) {
	t.Parallel()
	l := small()
	l.Blocks, l.MaxModelLen, l.HostBlocks = 8, 32, 100
	s := newScheduler(t, l)
	for id := range 4 {
		add(t, s, request(id, 0, 13, 1))
		step(t, s, 0)
	}
	require.True(t, s.ResetPrefixCache())
	again := request(0, 0, 13, 1)
	add(t, s, again)
	step(t, s, 0)
	require.Zero(t, again.Cached)
}
