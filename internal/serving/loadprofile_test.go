package serving_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func soundWorkload() serving.Workload {
	return serving.Workload{RatePerSecond: 2, PromptTokens: serving.Lengths{Mean: 100}, OutputTokens: serving.Lengths{Mean: 20}}
}

func TestWorkload_WrongField_IsNamedWithItsFix(t *testing.T) {
	t.Parallel()
	require.NoError(t, soundWorkload().Validate())
	for want, spoil := range map[string]func(*serving.Workload){
		"rate_per_second: 0 must be above 0": func(w *serving.Workload) { w.RatePerSecond = 0 },
		`arrival: "never" is unknown`:        func(w *serving.Workload) { w.Arrival = "never" },
		"arrival_shape: 2 has no meaning":    func(w *serving.Workload) { w.ArrivalShape = 2 },
		"arrival_shape: -1 must be":          func(w *serving.Workload) { w.Arrival, w.ArrivalShape = serving.ArrivalGamma, -1 },
		"prefix_share: 2":                    func(w *serving.Workload) { w.PrefixShare = 2 },
		"prefix_groups: -1":                  func(w *serving.Workload) { w.PrefixGroups = -1 },
		"prompt_tokens.mean: 0":              func(w *serving.Workload) { w.PromptTokens.Mean = 0 },
		"output_tokens.cv: -1":               func(w *serving.Workload) { w.OutputTokens.CV = -1 },
		"sessions.turns.mean: 0":             func(w *serving.Workload) { w.Sessions = &serving.Sessions{} },
		"sessions.think_seconds: -1": func(w *serving.Workload) {
			w.Sessions = &serving.Sessions{Turns: serving.Lengths{Mean: 2}, ThinkSeconds: -1}
		},
	} {
		w := soundWorkload()
		spoil(&w)
		require.ErrorContains(t, w.Validate(), want)
		require.ErrorContains(t, w.Validate(), "; ", "it says how to mend it")
	}
}

func TestWorkload_WithMoments_ReachesAllLengths(t *testing.T) {
	t.Parallel()
	even := serving.Lengths{Shape: serving.ShapeUniform, Min: 1, Max: 9}
	w := serving.Workload{RatePerSecond: 1, PromptTokens: even, OutputTokens: even, Sessions: &serving.Sessions{Turns: even, ThinkSeconds: 2}}
	given := w.Sessions
	w = w.WithMoments()
	require.Equal(t, []float64{5, 5, 5}, []float64{w.PromptTokens.Mean, w.OutputTokens.Mean, w.Sessions.Turns.Mean})
	require.Equal(t, 2.0, w.Sessions.ThinkSeconds)
	require.Zero(t, given.Turns.Mean, "what was given stays as it was")
}

func TestLoadSpec_WrongField_IsNamedWithItsFix(t *testing.T) {
	t.Parallel()
	require.NoError(t, serving.LoadSpec{Workload: soundWorkload()}.Validate())
	for want, spoil := range map[string]func(*serving.LoadSpec){
		`profile: "wave" is unknown`:     func(s *serving.LoadSpec) { s.Profile = "wave" },
		`protocol: "grpc" is unknown`:    func(s *serving.LoadSpec) { s.Protocol = "grpc" },
		"workload.rate_per_second":       func(s *serving.LoadSpec) { s.Workload.RatePerSecond = -1 },
		"concurrency: 0 must be":         func(s *serving.LoadSpec) { s.Profile = serving.ProfileClosed },
		"ramp_to_rate: 0 must be":        func(s *serving.LoadSpec) { s.Profile = serving.ProfileRamp },
		"duration_seconds: 0 must be":    func(s *serving.LoadSpec) { s.Profile, s.RampToRate = serving.ProfileRamp, 5 },
		"trace: 0 requests":              func(s *serving.LoadSpec) { s.Profile = serving.ProfileTrace },
		"duration_seconds: -1":           func(s *serving.LoadSpec) { s.DurationSeconds = -1 },
		"warmup_seconds: -1":             func(s *serving.LoadSpec) { s.WarmupSeconds = -1 },
		"max_requests: -1":               func(s *serving.LoadSpec) { s.MaxRequests = -1 },
		"request_timeout_seconds: -1":    func(s *serving.LoadSpec) { s.RequestTimeoutSeconds = -1 },
		"speedup: -1":                    func(s *serving.LoadSpec) { s.Speedup = -1 },
		"stop.max_errors: -1":            func(s *serving.LoadSpec) { s.Stop = &serving.StopRules{MaxErrors: -1} },
		"stop.max_error_rate: 2 must be": func(s *serving.LoadSpec) { s.Stop = &serving.StopRules{MaxErrorRate: 2} },
		"trace: request 1 has a time that falls": func(s *serving.LoadSpec) {
			s.Profile = serving.ProfileTrace
			s.Trace = serving.Trace{{AtSeconds: 1, PromptTokens: 1, OutputTokens: 1}, {AtSeconds: 0, PromptTokens: 1, OutputTokens: 1}}
		},
	} {
		s := serving.LoadSpec{Workload: soundWorkload()}
		spoil(&s)
		require.ErrorContains(t, s.Validate(), want)
		require.ErrorContains(t, s.Validate(), "; ", "it says how to mend it")
	}
}

func TestLoadSpec_ProfilesNeedOnlyWhatTheyUse(t *testing.T) {
	t.Parallel()
	closed := serving.LoadSpec{Profile: serving.ProfileClosed, Concurrency: 4, Workload: soundWorkload()}
	closed.Workload.RatePerSecond = 0
	require.NoError(t, closed.Validate(), "users need no rate")
	trace := serving.LoadSpec{Profile: serving.ProfileTrace, Trace: serving.Trace{{PromptTokens: 1, OutputTokens: 1}}}
	require.NoError(t, trace.Validate(), "a trace brings its lengths")
}

func TestLadderSpec_WrongField_IsNamedWithItsFix(t *testing.T) {
	t.Parallel()
	sound := serving.LadderSpec{Base: serving.LoadSpec{Workload: soundWorkload()}}
	require.NoError(t, sound.Validate())
	for want, spoil := range map[string]func(*serving.LadderSpec){
		"base.workload.rate_per_second": func(s *serving.LadderSpec) { s.Base.Workload.RatePerSecond = 0 },
		`search: "guess" is unknown`:    func(s *serving.LadderSpec) { s.Search = "guess" },
		"base.duration_seconds: must be above 0": func(s *serving.LadderSpec) {
			s.Search = serving.SearchOnce
		},
		`base.profile: "closed" has no rate`: func(s *serving.LadderSpec) {
			s.Base.Profile, s.Base.Concurrency = serving.ProfileClosed, 2
		},
		"rates: 0 given":      func(s *serving.LadderSpec) { s.Search = serving.SearchRates },
		"rates: 1 given":      func(s *serving.LadderSpec) { s.Rates = []float64{1} },
		"rates: [2 1] must":   func(s *serving.LadderSpec) { s.Search, s.Rates = serving.SearchRates, []float64{2, 1} },
		"resolution: 1 must":  func(s *serving.LadderSpec) { s.Resolution = 1 },
		"confidence: 2 must":  func(s *serving.LadderSpec) { s.Confidence = 2 },
		"attainment: 1 must":  func(s *serving.LadderSpec) { s.Attainment = 1 },
		"min_requests: -1":    func(s *serving.LadderSpec) { s.MinRequests = -1 },
		"objectives[0].name:": func(s *serving.LadderSpec) { s.Objectives = []serving.Objective{{}} },
	} {
		s := sound
		spoil(&s)
		require.ErrorContains(t, s.Validate(), want)
	}
}

func TestLoadSpec_LongestSeconds_BoundsTheLoad(t *testing.T) {
	t.Parallel()
	trace := serving.Trace{{PromptTokens: 1, OutputTokens: 1}, {AtSeconds: 100, PromptTokens: 1, OutputTokens: 1}}
	for want, s := range map[float64]serving.LoadSpec{
		10 + 60 + 120: {WarmupSeconds: 10, DurationSeconds: 60},
		60 + 300:      {DurationSeconds: 60, RequestTimeoutSeconds: 300},
		100 + 120:     {Profile: serving.ProfileTrace, Trace: trace},
		50 + 120:      {Profile: serving.ProfileTrace, Trace: trace, Speedup: 2},
		30 + 120:      {Profile: serving.ProfileTrace, Trace: trace, DurationSeconds: 30},
		3600 + 120:    {MaxRequests: 5},
	} {
		require.Equal(t, want, s.LongestSeconds())
	}
}
