package serving_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// counted is a replica that has finished n requests, one in ten of them slow.
func counted(endpoint string, n, startedUnix float64) serving.Reading {
	ttft := &serving.Histogram{Bounds: []float64{0.1, 0.5, 1}, Counts: []float64{0.9 * n, 0.9 * n, n}, Count: n, Sum: 0.2 * n}
	return serving.Reading{Endpoint: endpoint, Engine: serving.VLLM, ProcessStartedUnix: serving.Known(startedUnix),
		TTFT: ttft, E2E: ttft, GenerationTokens: serving.Known(100 * n), Preemptions: serving.Known(n / 10),
		FinishedByReason: map[string]float64{"stop": n - 1, "abort": 1}, Waiting: serving.Known(2), KVUsage: serving.Known(0.5)}
}

func mark(at float64, readings ...serving.Reading) serving.ArmMark {
	return serving.MarkOf(serving.Canary, at, readings)
}

func TestArmMark_TwoMarks_AreTheWindowBetweenThem(t *testing.T) {
	t.Parallel()
	first := mark(100, counted("http://a", 50, 7), counted("http://b", 150, 8))
	second := mark(160, counted("http://b", 250, 8), counted("http://a", 100, 7)) // in any order
	s, err := first.Until(second, "chat")
	require.NoError(t, err)
	require.Equal(t, 150.0, s.TTFT.Count)
	require.InDelta(t, 15000, s.GenerationTokens.Or(0), 1e-9)
	require.InDelta(t, 150, s.Requests().Or(0), 1e-9)
	require.InDelta(t, 15, s.Preemptions.Or(0), 1e-9)
	require.Equal(t, 60.0, s.WindowSeconds)
	require.Equal(t, 2, s.Replicas)
	require.Equal(t, serving.Canary, s.Variant)
}

func TestArmMark_SurvivesJSON(t *testing.T) {
	t.Parallel()
	first := mark(100, counted("http://a", 50, 7))
	b, err := json.Marshal(first)
	require.NoError(t, err)
	require.Less(t, len(b), 4096, "a mark goes through the history at each look")
	var back serving.ArmMark
	require.NoError(t, json.Unmarshal(b, &back))
	s, err := back.Until(mark(110, counted("http://a", 60, 7)), "chat")
	require.NoError(t, err)
	require.Equal(t, 10.0, s.TTFT.Count)
}

func TestArmMark_OtherProcesses_AreNoWindow(t *testing.T) {
	t.Parallel()
	first := mark(100, counted("http://a", 50, 7), counted("http://b", 50, 7))
	for name, c := range map[string]struct {
		later serving.ArmMark
		says  string
	}{
		"a restart":                      {mark(160, counted("http://a", 60, 7), counted("http://b", 60, 90)), "http://b of canary restarted"},
		"a restart that states no start": {mark(160, unstated(counted("http://a", 40, 0)), counted("http://b", 60, 7)), "http://a of canary restarted"},
		"a replaced replica":             {mark(160, counted("http://a", 60, 7), counted("http://c", 60, 7)), "replaced by http://c"},
		"a replica more":                 {mark(160, counted("http://a", 60, 7), counted("http://b", 60, 7), counted("http://c", 1, 7)), "had 2 replicas and has 3"},
		"a page that could not be read":  {serving.UnreadMark(serving.Canary, 160, "connection refused"), "connection refused"},
		"no replica":                     {mark(160), "no replica was read"},
	} {
		_, err := first.Until(c.later, "chat")
		require.ErrorContains(t, err, c.says, name)
	}
	_, err := serving.UnreadMark(serving.Canary, 1, "gone").Until(first, "chat")
	require.ErrorContains(t, err, "gone")
}

func unstated(r serving.Reading) serving.Reading {
	r.ProcessStartedUnix = serving.Unknown()
	return r
}

func TestArmMark_ReplicasWithOtherBuckets_LoseThatHistogramAndSaySo(t *testing.T) {
	t.Parallel()
	odd := func(n float64) serving.Reading {
		r := counted("http://b", n, 7)
		r.TTFT = &serving.Histogram{Bounds: []float64{3}, Counts: []float64{n}, Count: n}
		return r
	}
	s, err := mark(1, counted("http://a", 5, 7), odd(5)).Until(mark(2, counted("http://a", 9, 7), odd(9)), "chat")
	require.NoError(t, err)
	require.Nil(t, s.TTFT)
	require.Equal(t, 8.0, s.E2E.Count)
	require.Contains(t, s.Missing, serving.Missing{Quantity: "ttft", Reason: "not all replicas have it in the same buckets"})
}

func TestArmGauges_MeanAndSlopeOfManyLooks(t *testing.T) {
	t.Parallel()
	g := serving.GaugesOf(serving.Canary)
	for i := range 20 {
		r := serving.Reading{Waiting: serving.Known(float64(i % 2)), KVUsage: serving.Known(0.2 + 0.01*float64(i)),
			GPUMemoryUsedBytes: serving.Known(40), GPUMemoryTotalBytes: serving.Known(80)}
		g = g.With(1000+10*float64(i), []serving.Reading{r, r})
	}
	require.Equal(t, 2, g.Replicas)
	require.InDelta(t, 0.5, g.Waiting.Mean().Or(0), 1e-9)
	require.InDelta(t, 0.5, g.GPUMemory.Mean().Or(0), 1e-9)
	require.InDelta(t, 0.39, g.KVUsage.Max, 1e-9)
	slope, standardError, ok := g.KVUsage.Slope()
	require.True(t, ok)
	require.InDelta(t, 0.001, slope, 1e-9)
	require.InDelta(t, 0, standardError, 1e-6)
}

func TestSeries_UnknownPoints_AreNoZeros(t *testing.T) {
	t.Parallel()
	s := serving.Series{}.With(1, serving.Unknown())
	require.False(t, s.Mean().IsKnown())
	_, _, ok := s.With(1, serving.Known(3)).With(1, serving.Known(3)).With(1, serving.Known(4)).Slope()
	require.False(t, ok, "all at one instant")
}
