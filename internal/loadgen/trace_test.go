package loadgen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const smallTrace = `TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.6805900,30,4
2023-11-16 18:15:47.1805900,39,9
2023-11-16 18:15:48.6805900,8,5
2023-11-16 18:15:50.6805900,0,0
`

func readTrace(t *testing.T, csv string) loadgen.Trace {
	t.Helper()
	trace, err := loadgen.ReadTrace(strings.NewReader(csv))
	require.NoError(t, err)
	return trace
}

func TestReadTrace_Rows_BecomeRequestsFromTimeZero(t *testing.T) {
	t.Parallel()
	require.Equal(t, loadgen.Trace{
		{At: 0, PromptTokens: 30, OutputTokens: 4},
		{At: 500 * time.Millisecond, PromptTokens: 39, OutputTokens: 9},
		{At: 2 * time.Second, PromptTokens: 8, OutputTokens: 5},
		{At: 4 * time.Second, PromptTokens: 1, OutputTokens: 1},
	}, readTrace(t, smallTrace))
}

func TestReadTrace_WrongRow_IsNamedByItsLine(t *testing.T) {
	t.Parallel()
	header := "T,C,G\n2023-11-16 18:15:46,1,1\n"
	for row, want := range map[string]string{
		"yesterday,1,1":           "line 3: timestamp",
		"2023-11-16 18:15:47,x,1": "line 3: prompt tokens",
		"2023-11-16 18:15:47,1,x": "line 3: output tokens",
		"2023-11-16 18:15:40,1,1": "line 3: earlier",
		"2023-11-16 18:15:47,1":   "line 3",
	} {
		_, err := loadgen.ReadTrace(strings.NewReader(header + row + "\n"))
		require.ErrorContains(t, err, want)
	}
	_, err := loadgen.ReadTrace(strings.NewReader(""))
	require.Error(t, err)
}

func TestReplay_Trace_SendsItsOwnLengthsFaster(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{}
	spec := serving.LoadSpec{WarmupSeconds: 0.03, Seed: 1}

	got, err := patient().Replay(t.Context(), e.start(t), "m", readTrace(t, smallTrace), 10, spec, nil)

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
	_, err := patient().Replay(t.Context(), "http://h", "m", nil, 1, serving.LoadSpec{}, nil)
	require.ErrorIs(t, err, serving.ErrPermanent)
}

func TestTrace_Between_StartsAtZeroAgain(t *testing.T) {
	t.Parallel()
	got := readTrace(t, smallTrace).Between(400*time.Millisecond, 3*time.Second)
	require.Equal(t, loadgen.Trace{{At: 100 * time.Millisecond, PromptTokens: 39, OutputTokens: 9},
		{At: 1600 * time.Millisecond, PromptTokens: 8, OutputTokens: 5}}, got)
}

func TestTrace_ProductionTrace_YieldsAPlausibleWorkload(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join(sharedData(t), "traces", "azure-llm-2023-conversation.csv"))
	require.NoError(t, err)
	defer f.Close()
	trace, err := loadgen.ReadTrace(f)
	require.NoError(t, err)
	require.Greater(t, len(trace), 19_000)

	w := trace.Workload()
	require.Equal(t, "trace", w.Source)
	require.InDelta(t, 5.5, w.RatePerSecond, 1)        // an hour of about 19,400 requests
	require.InDelta(t, 1155, w.PromptTokens.Mean, 100) // as published with the trace
	require.InDelta(t, 211, w.OutputTokens.Mean, 30)
	require.Greater(t, w.PromptTokens.CV, 0.5)
	require.Zero(t, loadgen.Trace{}.Workload().RatePerSecond)
}

// sharedData is the folder of recorded data beside the repository; a checkout
// without it skips the tests that need it.
func sharedData(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		require.NotEqual(t, dir, filepath.Dir(dir), "no go.mod above the test")
		dir = filepath.Dir(dir)
	}
	data := filepath.Join(dir, "..", "shared", "data")
	if _, err := os.Stat(data); err != nil {
		t.Skipf("no recorded data at %s", data)
	}
	return data
}

func TestReplay_Limits_EndItEarly(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]serving.LoadSpec{
		"by time":  {DurationSeconds: 0.1},
		"by count": {MaxRequests: 2},
	} {
		e := &fakeEngine{}
		got, err := patient().Replay(t.Context(), e.start(t), "m", readTrace(t, smallTrace), 10, spec, nil)
		require.NoError(t, err, name)
		require.Equal(t, 2, got.Requests, name)
		require.Len(t, e.requests(), 2, name)
	}
}
