package llmsim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// flat costs make times easy to tell: a step 10 ms, the API server 1 ms a token.
type flat struct{ steps []perfmodel.Batch }

func (f *flat) StepSeconds(b perfmodel.Batch) float64 {
	b.Prefills = append([]perfmodel.Chunk(nil), b.Prefills...)
	f.steps = append(f.steps, b)
	return 0.01
}
func (f *flat) APISeconds(tokens int) float64 { return 0.001 * float64(tokens) }

func flatCore(t *testing.T) (*llmsim.Core, *flat) {
	t.Helper()
	costs := &flat{}
	c, err := llmsim.NewCore(sched.Limits{
		Blocks: 64, BlockSize: 4, MaxNumSeqs: 8, MaxNumBatchedTokens: 64, MaxModelLen: 64, ChunkedPrefill: true,
	}, costs, 7)
	require.NoError(t, err)
	return c, costs
}

func arriving(at float64, prompt int) *sched.Request {
	return &sched.Request{Prompt: make([]sched.Token, prompt), Output: 2, Times: sched.Times{Arrived: at}}
}

func TestCore_RequestInTheAPIServer_IsNotScheduledYet(t *testing.T) {
	t.Parallel()
	c, costs := flatCore(t)
	long, short := arriving(0, 50), arriving(0.01, 10)
	c.Submit(long)
	c.Submit(short)
	at, coming := c.NextQueued()
	require.True(t, coming)
	require.InDelta(t, 0.02, at, 1e-12, "the short prompt overtakes the long one in the tokenizer")

	_, _, ok := c.Begin(0.019)
	require.False(t, ok)
	seconds, _, ok := c.Begin(0.02)
	require.True(t, ok)
	require.InEpsilon(t, 0.01, seconds, 0.1, "jitter is small")
	require.Equal(t, []perfmodel.Chunk{{New: 10}}, costs.steps[0].Prefills)
	require.Len(t, c.Finish(0.03), 1)
	require.InDelta(t, 0.05, long.Times.Queued, 1e-12)
}

func TestCore_Abort_ReachesRequestsEverywhere(t *testing.T) {
	t.Parallel()
	c, _ := flatCore(t)
	early, running := arriving(0, 50), arriving(0, 5)
	c.Submit(early)
	c.Submit(running)
	_, _, ok := c.Begin(0.005)
	require.True(t, ok)
	require.True(t, c.Abort(early))
	require.True(t, c.Abort(running))
	require.False(t, c.Abort(running))
	require.Empty(t, c.Finish(0.02))
	_, coming := c.NextQueued()
	require.False(t, coming)
	require.Zero(t, c.Stats().Used)
	require.True(t, c.ResetPrefixCache())
}

func TestCore_RequestTheSchedulerRefuses_IsHandedBack(t *testing.T) {
	t.Parallel()
	c, _ := flatCore(t)
	tooLong := arriving(0, 63)
	c.Submit(tooLong)
	_, rejected, ok := c.Begin(1)
	require.False(t, ok)
	require.Len(t, rejected, 1)
	require.Same(t, tooLong, rejected[0].Request)
	require.ErrorIs(t, rejected[0].Err, sched.ErrTooLong)
}

func TestNewCore_ImpossibleLimits_AreAnError(t *testing.T) {
	t.Parallel()
	_, err := llmsim.NewCore(sched.Limits{}, &flat{}, 0)
	require.Error(t, err)
}
