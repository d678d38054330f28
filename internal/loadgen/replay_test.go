package loadgen_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// replay is a spec that replays four seconds in a tenth of their time.
func replay(t *testing.T, spec serving.LoadSpec) serving.LoadSpec {
	t.Helper()
	trace, err := serving.ReadTrace(strings.NewReader("at,prompt,output\n0,30,4\n0.5,39,9\n2,8,5\n4,0,0\n"))
	require.NoError(t, err)
	spec.Profile, spec.Trace, spec.Speedup = serving.ProfileTrace, trace, 10
	return spec
}

func TestReplay_Trace_SendsItsOwnLengthsFaster(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{}
	spec := replay(t, serving.LoadSpec{WarmupSeconds: 0.03, Seed: 1})

	got, err := patient().Steady(t.Context(), e.start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Equal(t, 3, got.Requests, "the first falls into the warm-up")
	require.InDelta(t, 0.37, got.DurationSeconds, 1e-6)
	lengths := map[int]int{}
	for _, c := range e.requests() {
		lengths[c.MaxTokens] = len(strings.Fields(c.Prompt))
	}
	require.Equal(t, map[int]int{4: 30, 9: 39, 5: 8, 1: 1}, lengths)
}

func TestReplay_NothingLeftToCount_IsPermanent(t *testing.T) {
	t.Parallel()
	for _, spec := range []serving.LoadSpec{{Profile: serving.ProfileTrace}, replay(t, serving.LoadSpec{WarmupSeconds: 60})} {
		_, err := patient().Steady(t.Context(), "http://h", "m", spec, nil)
		require.ErrorIs(t, err, serving.ErrPermanent)
	}
}

func TestReplay_Limits_EndItEarly(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]serving.LoadSpec{
		"by time":  {DurationSeconds: 0.1},
		"by count": {MaxRequests: 2},
	} {
		e := &fakeEngine{}
		got, err := patient().Steady(t.Context(), e.start(t), "m", replay(t, spec), nil)
		require.NoError(t, err, name)
		require.Equal(t, 2, got.Requests, name)
		require.Len(t, e.requests(), 2, name)
	}
}
