package loadgen_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

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
		{"rates given are tried in their order until one fails", func(s *serving.LadderSpec) { s.Rates = []float64{5, 20, 40, 80} },
			upTo(30), []float64{5, 20, 40}, 20, serving.Known(40), "40/s failed"},
		{"rates given that all pass", func(s *serving.LadderSpec) { s.Rates = []float64{5, 20} },
			upTo(30), []float64{5, 20}, 20, serving.Unknown(), "all rates"},
		{"an invalid rung of the rates given is repeated", func(s *serving.LadderSpec) { s.Rates = []float64{5, 16} },
			firstInvalidAt(16, upTo(30)), []float64{5, 16, 16}, 16, serving.Unknown(), "all rates"},
		{"what cannot be decided bounds the search and is no failure", func(s *serving.LadderSpec) { s.Resolution = 0.3 },
			unsureBetween(15, 45), []float64{10, 16, 12.65}, 12.65, serving.Unknown(), "could not be decided"},
		{"a failure above what cannot be decided is kept", func(s *serving.LadderSpec) { s.Resolution, s.StartRate = 0.3, 60 },
			unsureBetween(15, 45), []float64{10, 60, 24.49, 15.65, 12.51}, 12.51, serving.Known(60), "could not be decided"},
		{"a reference that cannot be decided is halved", func(s *serving.LadderSpec) { s.Resolution = 0.6 },
			unsureBetween(8, 45), []float64{10, 5, 7.07}, 7.07, serving.Unknown(), "could not be decided"},
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

func unsureBetween(low, high float64) func(float64) serving.Outcome3 {
	return func(rate float64) serving.Outcome3 {
		if rate > low && rate < high {
			return serving.RungIndeterminate
		}
		return upTo(low)(rate)
	}
}

// Whatever the verdicts, the search ends, within its steps, with a bracket that
// the verdicts bear out.
func TestSearch_AnyVerdicts_BracketWhatTheySaid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec := search(rapid.Float64Range(0.5, 100).Draw(t, "reference"))
		spec.StartRate = rapid.Float64Range(0, 300).Draw(t, "start")
		spec.MaxRate = rapid.Float64Range(0, 1000).Draw(t, "max")
		said := map[float64]serving.Outcome3{}
		limit := rapid.Float64Range(0.01, 500).Draw(t, "limit")
		doubt := rapid.Float64Range(1, 2).Draw(t, "doubt")
		s, rates := climb(spec, func(rate float64) serving.Outcome3 {
			said[rate] = upTo(limit)(rate)
			if rate > limit/doubt && rate < limit*doubt {
				said[rate] = serving.RungIndeterminate
			}
			return said[rate]
		})
		require.NotEmpty(t, s.Ended())
		require.LessOrEqual(t, len(rates), 24)
		for rate, verdict := range said {
			if verdict == serving.RungPass {
				require.GreaterOrEqual(t, s.MaxGood(), rate)
			}
			if bad, known := s.MinBad().Get(); verdict == serving.RungFail {
				require.True(t, known)
				require.LessOrEqual(t, bad, rate)
			}
		}
		if good := s.MaxGood(); good > 0 {
			require.Equal(t, serving.RungPass, said[good])
			require.LessOrEqual(t, good, limit)
		}
	})
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
	// These are rounded: see pooledGaps.summary, metering and countMisses.
	const rounded = 3.141593
	gaps := serving.LatencySummary{Count: 1234567, MeanSeconds: rounded, P50Seconds: rounded, P90Seconds: rounded,
		P95Seconds: rounded, P99Seconds: rounded, P95Low: rounded, P95High: rounded}
	load := serving.LoadResult{RatePerSecond: math.Pi, SentPerSecond: math.Pi, DurationSeconds: math.Pi, Requests: 12345,
		ErrorKinds: map[string]int{"http_500": 12, "timeout": 13}, GoodputRPS: math.Pi, OutputTokensPerSecond: math.Pi,
		TTFT: latency, ITL: latency, E2E: latency, LagP99Seconds: math.Pi, TokenGaps: &gaps, CPUShare: 0.1234, WakeP99Seconds: 0.001234}
	step := serving.LadderStep{Load: load, Verdict: serving.RungFail}
	for range 3 {
		step.Breaches = append(step.Breaches, serving.Evidence{Name: "ttft_p95_seconds", Observed: math.Pi,
			Threshold: math.Pi, Text: strings.Repeat("x", 80)})
		step.Attained = append(step.Attained, serving.Attainment{Name: "ttft_p95_seconds", Requests: 12345, Missed: 123,
			Allowed: 0.05, Low: 0.012345, High: 0.123456})
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
	require.Less(t, len(b), 60<<10)
}
