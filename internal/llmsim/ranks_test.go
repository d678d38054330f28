package llmsim_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func group(t *testing.T, engines int) *llmsim.Core {
	t.Helper()
	c, err := llmsim.NewGroup(engines, sched.Limits{
		Blocks: 64, BlockSize: 4, MaxNumSeqs: 8, MaxNumBatchedTokens: 64, MaxModelLen: 64, ChunkedPrefill: true, PrefixCaching: true,
	}, &flat{}, 7)
	require.NoError(t, err)
	return c
}

func TestGroup_Requests_GoToTheEngineWithFewest(t *testing.T) {
	t.Parallel()
	c := group(t, 3)
	requests := make([]*sched.Request, 6)
	for i := range requests {
		requests[i] = arriving(0, 10)
		c.Submit(requests[i])
	}
	_, _, ok := c.Begin(1)
	require.True(t, ok)
	for _, s := range c.Ranks() {
		require.Equal(t, 2, s.Running+s.Waiting)
	}
	require.Equal(t, 6, c.Stats().Running)
	require.Equal(t, 3*64, c.Stats().Blocks)
	require.False(t, c.ResetPrefixCache())
	for _, r := range requests {
		require.True(t, c.Abort(r))
		require.False(t, c.Abort(r))
	}
	require.Zero(t, c.Stats().Used)
	require.True(t, c.ResetPrefixCache())
}

// perToken costs 1 ms for each token of a step and nothing in the API server.
type perToken struct{}

func (perToken) APISeconds(int) float64 { return 0 }
func (perToken) StepSeconds(b perfmodel.Batch) float64 {
	tokens := b.Decodes
	for _, p := range b.Prefills {
		tokens += p.New
	}
	return 0.001 * float64(tokens)
}

// Engines step at their own pace: while one computes a long prompt, the other
// answers a short one.
func TestGroup_Steps_AreIndependent(t *testing.T) {
	t.Parallel()
	c, err := llmsim.NewGroup(2, sched.Limits{
		Blocks: 64, BlockSize: 4, MaxNumSeqs: 8, MaxNumBatchedTokens: 64, MaxModelLen: 64, ChunkedPrefill: true,
	}, perToken{}, 7)
	require.NoError(t, err)
	long, short := arriving(0, 50), arriving(0, 10)
	short.Output = 20
	c.Submit(long)
	c.Submit(short)
	now := 0.0
	for long.Generated == 0 {
		seconds, _, ok := c.Begin(now)
		require.True(t, ok)
		now += seconds
		c.Finish(now)
	}
	require.InDelta(t, 0.050, now, 0.002)
	require.InDelta(t, 0.010, short.Times.FirstToken, 0.001)
	require.Equal(t, 20, short.Generated)
	require.InDelta(t, 0.029, short.Times.LastToken, 0.002)
}

func TestGroup_FourEngines_ServeFourTimesOne(t *testing.T) {
	t.Parallel()
	run := func(engines string, gpus, clients int) llmsim.Run {
		cfg := serving.EngineConfig{Engine: serving.VLLM, Version: "0.20.1", Model: model8B}.
			With("--data-parallel-size", engines).With("--max-num-seqs", "32")
		m, err := perfmodel.New(cfg, serving.Hardware{GPU: "H100", GPUs: gpus})
		require.NoError(t, err)
		c, err := llmsim.NewModelCore(m, 1)
		require.NoError(t, err)
		r, err := llmsim.Closed(c, clients, arrivals(8*clients, 300, 100, 0))
		require.NoError(t, err)
		return r
	}
	one, four := run("1", 1, 32), run("4", 4, 128)
	require.InEpsilon(t, 4*one.OutputTokensPerSecond(), four.OutputTokensPerSecond(), 0.05)
	require.Equal(t, 4*one.Final.Blocks, four.Final.Blocks)
}

// Every count of Stats must be added up, or a group would lose it.
func TestStats_Plus_AddsEveryField(t *testing.T) {
	t.Parallel()
	var one sched.Stats
	fill(reflect.ValueOf(&one).Elem())
	two := reflect.ValueOf(one.Plus(one))
	for i := range two.NumField() {
		name := two.Type().Field(i).Name
		if two.Field(i).Kind() == reflect.Int {
			require.EqualValues(t, 2, two.Field(i).Int(), name)
		} else {
			require.False(t, two.Field(i).IsZero(), name)
		}
	}
	last := reflect.ValueOf(one.Plus(one).Last)
	for i := range last.NumField() {
		require.False(t, last.Field(i).IsZero(), last.Type().Field(i).Name)
	}
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Int:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.String:
		v.SetString("x")
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	}
}
