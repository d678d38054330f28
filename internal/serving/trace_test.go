package serving_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/recorded"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const smallTrace = `TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.6805900,30,4
2023-11-16 18:15:47.1805900,39,9
2023-11-16 18:15:48.6805900,8,5
2023-11-16 18:15:50.6805900,0,0
`

func readTrace(t *testing.T, csv string) serving.Trace {
	t.Helper()
	trace, err := serving.ReadTrace(strings.NewReader(csv))
	require.NoError(t, err)
	return trace
}

func TestReadTrace_Rows_BecomeRequestsFromTimeZero(t *testing.T) {
	t.Parallel()
	require.Equal(t, serving.Trace{
		{AtSeconds: 0, PromptTokens: 30, OutputTokens: 4},
		{AtSeconds: 0.5, PromptTokens: 39, OutputTokens: 9},
		{AtSeconds: 2, PromptTokens: 8, OutputTokens: 5},
		{AtSeconds: 4, PromptTokens: 1, OutputTokens: 1},
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
		_, err := serving.ReadTrace(strings.NewReader(header + row + "\n"))
		require.ErrorContains(t, err, want)
	}
	_, err := serving.ReadTrace(strings.NewReader(""))
	require.Error(t, err)
}

func TestTrace_Between_StartsAtZeroAgain(t *testing.T) {
	t.Parallel()
	got := readTrace(t, smallTrace).Between(0.5, 3)
	require.Equal(t, serving.Trace{{AtSeconds: 0, PromptTokens: 39, OutputTokens: 9},
		{AtSeconds: 1.5, PromptTokens: 8, OutputTokens: 5}}, got)
}

func TestTrace_ProductionTrace_YieldsAPlausibleWorkload(t *testing.T) {
	t.Parallel()
	f, err := os.Open(recorded.Path(t, "traces", "azure-llm-2023-conversation.csv"))
	require.NoError(t, err)
	defer f.Close()
	trace, err := serving.ReadTrace(f)
	require.NoError(t, err)
	require.Greater(t, len(trace), 19_000)

	w := trace.Workload()
	require.Equal(t, "trace", w.Source)
	require.InDelta(t, 5.5, w.RatePerSecond, 1)        // an hour of about 19,400 requests
	require.InDelta(t, 1155, w.PromptTokens.Mean, 100) // as published with the trace
	require.InDelta(t, 211, w.OutputTokens.Mean, 30)
	require.Greater(t, w.PromptTokens.CV, 0.5)
	require.Equal(t, serving.ShapeEmpirical, w.PromptTokens.Shape)
	require.InEpsilon(t, w.PromptTokens.Mean, w.PromptTokens.WithMoments().Mean, 0.05, "its shape agrees with its mean")
	require.Zero(t, serving.Trace{}.Workload().RatePerSecond)
}

func TestReadTrace_TimesInSeconds_AreTakenToo(t *testing.T) {
	t.Parallel()
	require.Equal(t, serving.Trace{{AtSeconds: 0, PromptTokens: 3, OutputTokens: 4}, {AtSeconds: 0.25, PromptTokens: 5, OutputTokens: 6}},
		readTrace(t, "at,prompt,output\n12.5,3,4\n12.75,5,6\n"))
	_, err := serving.ReadTrace(strings.NewReader("at,prompt,output\nNaN,3,4\n"))
	require.ErrorContains(t, err, "line 2: timestamp")
}
