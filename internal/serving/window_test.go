package serving_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// replica makes readings ten seconds apart with the given counts of generated
// tokens, and a TTFT histogram with one observation for every hundred tokens.
func replica(endpoint string, tokens ...float64) []serving.Reading {
	var out []serving.Reading
	for i, n := range tokens {
		h := serving.Histogram{Bounds: []float64{1}, Counts: []float64{n / 100}, Count: n / 100, Sum: n / 200}
		out = append(out, serving.Reading{
			Endpoint: endpoint, Engine: serving.VLLM, Model: "m", TakenUnix: 1000 + 10*float64(i),
			GenerationTokens: serving.Known(n), TTFT: &h,
			FinishedByReason: map[string]float64{"stop": n / 100},
		})
	}
	return out
}

func TestWindow_SumsReplicasAndKeepsTheirBuckets(t *testing.T) {
	t.Parallel()
	s := serving.Window("chat", serving.Stable, [][]serving.Reading{
		replica("a", 100, 300, 600), replica("b", 0, 100, 200), nil,
	})
	require.Equal(t, "chat", s.Fleet)
	require.Equal(t, serving.Stable, s.Variant)
	require.Equal(t, 2, s.Replicas, "a replica without readings was not there")
	require.Equal(t, serving.Known(700), s.GenerationTokens)
	require.InDelta(t, 7.0, s.TTFT.Count, 0)
	require.Equal(t, map[string]float64{"stop": 7}, s.FinishedByReason)
	require.Equal(t, serving.Known(7), s.Requests())
	require.InDelta(t, 20.0, s.WindowSeconds, 0)
	require.InDelta(t, 1020.0, s.EndUnix, 0)
	require.Equal(t, serving.Known(35), s.PerSecond(s.GenerationTokens))
	require.Empty(t, s.Missing)
}

func TestWindow_RestartBetweenReadings_DiscardsTheReplicaEvenWhenCountersCaughtUp(t *testing.T) {
	t.Parallel()
	s := serving.Window("chat", serving.Stable, [][]serving.Reading{
		replica("a", 100, 0, 500), replica("b", 0, 100, 200),
	})
	require.Equal(t, serving.Known(200), s.GenerationTokens, "only the replica that kept running counts")
	require.InDelta(t, 2.0, s.TTFT.Count, 0)
	require.Equal(t, []serving.Missing{{Quantity: "increases of a", Reason: "the engine restarted in the window"}}, s.Missing)
}

func TestWindow_EachCumulativeQuantityBetraysARestart(t *testing.T) {
	t.Parallel()
	histogram := func(n float64) *serving.Histogram { return &serving.Histogram{Count: n} }
	for name, set := range map[string]func(*serving.Reading, float64){
		"preemptions": func(r *serving.Reading, n float64) { r.Preemptions = serving.Known(n) },
		"prompt":      func(r *serving.Reading, n float64) { r.PromptTokens = serving.Known(n) },
		"prefix":      func(r *serving.Reading, n float64) { r.PrefixHitTokens = serving.Known(n) },
		"errors":      func(r *serving.Reading, n float64) { r.Errors = serving.Known(n) },
		"steps":       func(r *serving.Reading, n float64) { r.EngineSteps = serving.Known(n) },
		"finished":    func(r *serving.Reading, n float64) { r.FinishedByReason = map[string]float64{"stop": n} },
		"e2e":         func(r *serving.Reading, n float64) { r.E2E = histogram(n) },
		"lengths":     func(r *serving.Reading, n float64) { r.OutputLengths = histogram(n) },
		"start":       func(r *serving.Reading, n float64) { r.ProcessStartedUnix = serving.Known(2000 - 10*n) },
	} {
		readings := []serving.Reading{{Endpoint: "a"}, {Endpoint: "a"}, {Endpoint: "a"}}
		set(&readings[0], 50)
		set(&readings[1], 1)
		set(&readings[2], 90)
		s := serving.Window("f", serving.Canary, [][]serving.Reading{readings})
		require.Equal(t, []serving.Missing{{Quantity: "increases of a", Reason: "the engine restarted in the window"}}, s.Missing, name)
	}
}

func TestWindow_StartTimeThatWobblesWithinASecond_IsTheSameProcess(t *testing.T) {
	t.Parallel()
	readings := replica("a", 0, 100)
	readings[0].ProcessStartedUnix = serving.Known(500.9)
	readings[1].ProcessStartedUnix = serving.Known(501.2)
	s := serving.Window("f", serving.Stable, [][]serving.Reading{readings})
	require.Equal(t, serving.Known(100), s.GenerationTokens)
}

func TestWindow_OneReading_HasGaugesAndNoIncrease(t *testing.T) {
	t.Parallel()
	reading := serving.Reading{Endpoint: "a", Running: serving.Known(3), GenerationTokens: serving.Known(1000)}
	s := serving.Window("f", serving.Stable, [][]serving.Reading{{reading}})
	require.Equal(t, serving.Known(3), s.Running)
	require.False(t, s.GenerationTokens.IsKnown())
	require.False(t, s.Requests().IsKnown())
	require.False(t, s.PerSecond(serving.Known(5)).IsKnown(), "a window without length has no rate")
	require.Equal(t, []serving.Missing{{Quantity: "increases of a", Reason: "only one reading in the window"}}, s.Missing)
}

func TestWindow_NoReadings_IsEmptyAndKnowsNothing(t *testing.T) {
	t.Parallel()
	s := serving.Window("f", serving.Stable, nil)
	require.Zero(t, s.Replicas)
	require.False(t, s.KVUsage.IsKnown())
	require.False(t, s.Running.IsKnown())
}

func TestWindow_Gauges_AreMeansSummedAndUsageIsAveragedOverThoseThatReportIt(t *testing.T) {
	t.Parallel()
	gauge := func(running, usage serving.Measure) serving.Reading {
		return serving.Reading{Running: running, KVUsage: usage, KVCapacityTokens: serving.Known(1000)}
	}
	s := serving.Window("f", serving.Stable, [][]serving.Reading{
		{gauge(serving.Known(2), serving.Known(0.2)), gauge(serving.Known(4), serving.Known(0.4))},
		{gauge(serving.Known(1), serving.Unknown())},
		{gauge(serving.Unknown(), serving.Known(0.9))},
	})
	require.Equal(t, serving.Known(4), s.Running)
	require.InDelta(t, 0.6, s.KVUsage.Or(-1), 1e-12, "the silent replica must not count as the mean of the others")
	require.Equal(t, serving.Known(0.9), s.KVUsageMax)
	require.Equal(t, serving.Known(3000), s.KVCapacityTokens)
}

func TestWindow_Waiting_IncludesSwappedButIsNotInventedFromIt(t *testing.T) {
	t.Parallel()
	s := serving.Window("f", serving.Stable, [][]serving.Reading{{{Waiting: serving.Known(2), Swapped: serving.Known(3)}}})
	require.Equal(t, serving.Known(5), s.Waiting)
	s = serving.Window("f", serving.Stable, [][]serving.Reading{{{Swapped: serving.Known(3)}}})
	require.False(t, s.Waiting.IsKnown())
}

func TestWindow_SeriesThatAppears_BeganAtZero(t *testing.T) {
	t.Parallel()
	readings := replica("a", 0, 100)
	readings[1].Errors = serving.Known(4)
	s := serving.Window("f", serving.Stable, [][]serving.Reading{readings})
	require.Equal(t, serving.Known(4), s.Errors)
	require.False(t, s.Preemptions.IsKnown(), "absent throughout is unknown")
}

func TestWindow_SeriesThatVanishes_IsMissing(t *testing.T) {
	t.Parallel()
	readings := replica("a", 0, 100)
	readings[0].Errors = serving.Known(4)
	readings[1].TTFT = nil
	s := serving.Window("f", serving.Stable, [][]serving.Reading{readings})
	require.False(t, s.Errors.IsKnown())
	require.Nil(t, s.TTFT)
	require.Equal(t, []serving.Missing{
		{Quantity: "errors", Reason: "a stopped reporting it in the window"},
		{Quantity: "ttft", Reason: "a stopped reporting it in the window"},
	}, s.Missing)
}

func TestWindow_BucketsThatChange_AreMissingNotWrong(t *testing.T) {
	t.Parallel()
	a, b := replica("a", 0, 100), replica("b", 0, 100)
	for i := range b {
		b[i].TTFT.Bounds = []float64{2}
	}
	s := serving.Window("f", serving.Stable, [][]serving.Reading{a, b})
	require.InDelta(t, 1.0, s.TTFT.Count, 0)
	require.Equal(t, []serving.Missing{{Quantity: "ttft", Reason: "buckets of b changed in the window or differ between replicas"}}, s.Missing)
}

func TestWindow_LeavesTheReadingsAlone(t *testing.T) {
	t.Parallel()
	in := [][]serving.Reading{replica("a", 0, 100), replica("b", 100, 200)}
	before, err := json.Marshal(in)
	require.NoError(t, err)
	serving.Window("f", serving.Stable, in)
	after, err := json.Marshal(in)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
}

func TestSnapshot_JSON_RoundTrips(t *testing.T) {
	t.Parallel()
	s := serving.Window("f", serving.Stable, [][]serving.Reading{replica("a", 0, 100)})
	data, err := json.Marshal(s)
	require.NoError(t, err)
	var back serving.Snapshot
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, s, back)
}

func TestSnapshot_DerivedNumbers(t *testing.T) {
	t.Parallel()
	h := &serving.Histogram{Count: 5}
	s := serving.Snapshot{E2E: h, PrefixHitTokens: serving.Known(30), PrefixQueryTokens: serving.Known(40)}
	require.Equal(t, serving.Known(5), s.Requests(), "without reasons the latencies are counted")
	require.Equal(t, serving.Known(0.75), s.PrefixHitRate())
	require.False(t, serving.Snapshot{PrefixHitTokens: serving.Known(0), PrefixQueryTokens: serving.Known(0)}.PrefixHitRate().IsKnown())
	require.Same(t, h, s.Latency(serving.MetricE2E))
	require.Nil(t, s.Latency(serving.MetricErrorRate))
}
