package loadgen_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// climb runs a search on an engine that keeps its objectives up to a limit and
// returns the rates it tried.
func climb(spec serving.LadderSpec, verdict func(rate float64) serving.Outcome3) (*loadgen.Search, []float64) {
	s := loadgen.NewSearch(spec)
	var rates []float64
	for {
		rate, ok := s.Next()
		if !ok || len(rates) > 1000 {
			return s, rates
		}
		rates = append(rates, rate)
		s.Record(rate, verdict(rate))
	}
}

func upTo(limit float64) func(float64) serving.Outcome3 {
	return func(rate float64) serving.Outcome3 {
		if rate <= limit {
			return serving.RungPass
		}
		return serving.RungFail
	}
}

func search(reference float64) serving.LadderSpec {
	spec := serving.LadderSpec{Resolution: 0.05, MaxSteps: 30}
	spec.Base.Workload.RatePerSecond = reference
	return spec
}

func TestSearch_AnyLimit_IsBracketedWithinTheResolution(t *testing.T) {
	t.Parallel()
	for _, limit := range []float64{0.7, 1.01, 3, 10, 11.3, 47, 200, 990} {
		s, rates := climb(search(10), upTo(limit))
		bad, known := s.MinBad().Get()
		require.True(t, known)
		require.LessOrEqual(t, s.MaxGood(), limit)
		require.Greater(t, bad, limit)
		require.LessOrEqual(t, bad/s.MaxGood()-1, 0.05)
		require.Equal(t, 10.0, rates[0], "the reference rate comes first")
		require.LessOrEqual(t, len(rates), 18)
		require.Contains(t, s.Ended(), "known within")
	}
}

func TestSearch_Rungs(t *testing.T) {
	t.Parallel()
	always := func(v serving.Outcome3) func(float64) serving.Outcome3 {
		return func(float64) serving.Outcome3 { return v }
	}
	cases := []struct {
		name    string
		change  func(*serving.LadderSpec)
		verdict func(float64) serving.Outcome3
		rates   []float64
		good    float64
		bad     serving.Measure
		ended   string
	}{
		{"grows by 1.6 until a rung fails, then bisects", func(s *serving.LadderSpec) { s.Resolution = 0.3 },
			upTo(30), []float64{10, 16, 25.6, 40.96, 32.38}, 25.6, serving.Known(32.38), "known within"},
		{"the first guess saves rungs", func(s *serving.LadderSpec) { s.StartRate, s.Resolution = 25, 0.3 },
			upTo(30), []float64{10, 25, 40, 31.62}, 25, serving.Known(31.62), "known within"},
		{"a first guess too high is bisected", func(s *serving.LadderSpec) { s.StartRate, s.Resolution = 90, 0.8 },
			upTo(31), []float64{10, 90, 30, 51.96}, 30, serving.Known(51.96), "known within"},
		{"a first guess below the reference is ignored", func(s *serving.LadderSpec) { s.StartRate, s.Resolution = 5, 0.7 },
			upTo(17), []float64{10, 16, 25.6}, 16, serving.Known(25.6), "known within"},
		{"stops at the highest rate allowed", func(s *serving.LadderSpec) { s.MaxRate = 20 },
			upTo(1000), []float64{10, 16, 20}, 20, serving.Unknown(), "highest rate"},
		{"a reference at the highest rate allowed", func(s *serving.LadderSpec) { s.MaxRate = 10 },
			upTo(1000), []float64{10}, 10, serving.Unknown(), "highest rate"},
		{"a highest rate below the reference", func(s *serving.LadderSpec) { s.MaxRate = 4 },
			upTo(1000), []float64{10}, 10, serving.Unknown(), "highest rate allowed, 10/s"},
		{"a first guess beyond the highest rate allowed", func(s *serving.LadderSpec) { s.MaxRate, s.StartRate = 20, 50 },
			upTo(1000), []float64{10, 20}, 20, serving.Unknown(), "highest rate"},
		{"a failing reference is halved until one passes", func(s *serving.LadderSpec) { s.Resolution = 0.5 },
			upTo(3), []float64{10, 5, 2.5, 3.54}, 2.5, serving.Known(3.54), "known within"},
		{"nothing passes", func(*serving.LadderSpec) {},
			always(serving.RungFail), []float64{10, 5, 2.5, 1.25, 0.625}, 0, serving.Known(0.625), "nothing passes"},
		{"the number of steps is bounded", func(s *serving.LadderSpec) { s.MaxSteps = 3 },
			upTo(1000), []float64{10, 16, 25.6}, 25.6, serving.Unknown(), "limit of 3 steps"},
		{"an invalid rung is repeated once", func(s *serving.LadderSpec) { s.Resolution = 0.7 },
			firstInvalidAt(16, upTo(20)), []float64{10, 16, 16, 25.6}, 16, serving.Known(25.6), "known within"},
		{"the second invalid rung ends with what is known", func(*serving.LadderSpec) {},
			invalidAbove(12), []float64{10, 16, 16}, 10, serving.Unknown(), "no valid measurement at 16/s"},
		{"an invalid reference knows nothing", func(*serving.LadderSpec) {},
			always(serving.RungInvalid), []float64{10, 10}, 0, serving.Unknown(), "no valid measurement at 10/s"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spec := search(10)
			c.change(&spec)
			s, rates := climb(spec, c.verdict)
			require.Len(t, rates, len(c.rates), "%v", rates)
			require.InDeltaSlice(t, c.rates, rates, 0.01)
			require.InDelta(t, c.good, s.MaxGood(), 0.01)
			require.Equal(t, c.bad.IsKnown(), s.MinBad().IsKnown())
			require.InDelta(t, c.bad.Or(0), s.MinBad().Or(0), 0.01)
			require.Contains(t, s.Ended(), c.ended)
		})
	}
}

func firstInvalidAt(rate float64, then func(float64) serving.Outcome3) func(float64) serving.Outcome3 {
	seen := false
	return func(r float64) serving.Outcome3 {
		if r == rate && !seen {
			seen = true
			return serving.RungInvalid
		}
		return then(r)
	}
}

func invalidAbove(limit float64) func(float64) serving.Outcome3 {
	return func(r float64) serving.Outcome3 {
		if r > limit {
			return serving.RungInvalid
		}
		return serving.RungPass
	}
}

func TestSearch_NoLimitsGiven_StillEnds(t *testing.T) {
	t.Parallel()
	spec := serving.LadderSpec{}
	spec.Base.Workload.RatePerSecond = 1
	s, rates := climb(spec, upTo(math.Inf(1)))
	require.Len(t, rates, 12)
	require.Contains(t, s.Ended(), "12 steps")

	spec.MaxSteps = 1_000_000
	_, rates = climb(spec, upTo(math.Inf(1)))
	require.Len(t, rates, 24)
}

func TestSearch_LongestLadder_FitsIntoHistory(t *testing.T) {
	t.Parallel()
	latency := serving.LatencySummary{Count: 12345, MeanSeconds: math.Pi, P50Seconds: math.Pi, P90Seconds: math.Pi,
		P95Seconds: math.Pi, P99Seconds: math.Pi, P95Low: math.Pi, P95High: math.Pi}
	load := serving.LoadResult{RatePerSecond: math.Pi, SentPerSecond: math.Pi, DurationSeconds: math.Pi, Requests: 12345,
		ErrorKinds: map[string]int{"http_500": 12, "timeout": 13}, GoodputRPS: math.Pi, OutputTokensPerSecond: math.Pi,
		TTFT: latency, ITL: latency, E2E: latency, LagP99Seconds: math.Pi}
	step := serving.LadderStep{Load: load, Verdict: serving.RungFail}
	for range 3 {
		step.Breaches = append(step.Breaches, serving.Evidence{Name: "ttft_p95_seconds", Observed: math.Pi,
			Threshold: math.Pi, Text: strings.Repeat("x", 80)})
	}
	result := serving.LadderResult{Reference: load, Best: load}
	spec := search(1)
	spec.MaxSteps = 1000
	_, rates := climb(spec, upTo(math.Inf(1)))
	for range rates {
		result.Steps = append(result.Steps, step)
	}
	b, err := json.Marshal(result)
	require.NoError(t, err)
	require.Less(t, len(b), 50<<10)
}
