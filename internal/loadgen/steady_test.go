package loadgen_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestSteady_KnownEngine_MeasuresItsLatencies(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{ttft: 60 * time.Millisecond, itl: 20 * time.Millisecond}
	spec := serving.LoadSpec{Workload: workload(20, 12, 6), DurationSeconds: 1, Seed: 1}

	got, err := patient().Steady(t.Context(), e.start(t), "m", spec, []serving.Objective{
		objective(serving.MetricTTFT, 0.95, 30), objective(serving.MetricE2E, 0.95, 60)})

	require.NoError(t, err)
	require.Empty(t, got.Invalid)
	require.Zero(t, got.Errors, got.ErrorKinds)
	require.InDelta(t, 20, got.Requests, 1)
	require.Equal(t, got.Requests, got.Good)
	require.Equal(t, 12.0, got.MeanPromptTokens)
	require.Equal(t, 6.0, got.MeanOutputTokens)
	// Timers never fire early, so the floors are exact; what a busy host adds is
	// not for a test to say.
	require.GreaterOrEqual(t, got.TTFT.P50Seconds, 0.060)
	require.GreaterOrEqual(t, got.E2E.P50Seconds, 0.060+4*0.020)
	require.Positive(t, got.ITL.MeanSeconds)
	require.Less(t, got.ITL.P50Seconds, got.TTFT.P50Seconds)
	require.Less(t, got.TTFT.P50Seconds, got.E2E.P50Seconds)
	require.InDelta(t, 20, got.GoodputRPS, 1)
	// No more than 6 tokens of each request; those after the window do not count.
	require.Positive(t, got.OutputTokensPerSecond)
	require.LessOrEqual(t, got.OutputTokensPerSecond, 6*20*1.05)
}

func TestSteady_Request_AsksForExactlyTheWorkToMeasure(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{}
	spec := serving.LoadSpec{Workload: workload(100, 9, 3), MaxRequests: 5, Seed: 1}

	_, err := patient().Steady(t.Context(), e.start(t)+"/v1/", `odd"name`, spec, nil)

	require.NoError(t, err)
	require.Len(t, e.requests(), 5)
	for _, c := range e.requests() {
		require.Equal(t, `odd"name`, c.Model)
		require.Len(t, strings.Fields(c.Prompt), 9)
		require.Equal(t, 3, c.MaxTokens)
		require.True(t, c.Stream && c.IgnoreEOS && c.StreamOptions.IncludeUsage)
	}
}

func TestSteady_Warmup_IsSentAndNotCounted(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{answer: func(w http.ResponseWriter, _ *http.Request, n int) bool {
		if n < 5 { // a cold engine refuses its first requests
			http.Error(w, "loading", http.StatusServiceUnavailable)
		}
		return n < 5
	}}
	spec := serving.LoadSpec{Workload: workload(50, 4, 2), WarmupSeconds: 0.4, DurationSeconds: 0.4, Seed: 1}

	got, err := patient().Steady(t.Context(), e.start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Zero(t, got.Errors)
	require.InDelta(t, 20, got.Requests, 1)
	require.InDelta(t, 40, len(e.requests()), 2)
	require.InDelta(t, 0.4, got.DurationSeconds, 1e-6)
}

func TestSteady_EngineFreezes_DelaysOfAllPlannedRequestsAreSeen(t *testing.T) {
	t.Parallel()
	const frozen = 500 * time.Millisecond
	thaw := make(chan struct{})
	e := &fakeEngine{answer: func(_ http.ResponseWriter, _ *http.Request, n int) bool {
		if n == 20 {
			time.AfterFunc(frozen, func() { close(thaw) })
		}
		if n >= 20 {
			<-thaw
		}
		return false
	}}
	// One connection alone: most of the delayed requests cannot even be sent
	// during the freeze, which is where closed-loop clients lose sight of them.
	client := loadgen.NewClient(nil)
	client.Transport.(*http.Transport).MaxConnsPerHost = 1
	g := loadgen.New(loadgen.Options{Client: client, MaxLag: time.Hour})
	spec := serving.LoadSpec{Workload: workload(100, 4, 2), DurationSeconds: 1, Seed: 1}

	got, err := g.Steady(t.Context(), e.start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Zero(t, got.Errors)
	require.InDelta(t, 100, got.Requests, 1)
	// Of 100 requests at least the 50 planned in the freeze were held up, evenly
	// between 0 and its whole length: a fifth of all by at least 0.3 s.
	require.Greater(t, got.TTFT.P90Seconds, 0.35)
	require.Greater(t, got.TTFT.MeanSeconds, 0.08)
}

func TestSteady_LateGenerator_MakesTheResultInvalid(t *testing.T) {
	t.Parallel()
	g := loadgen.New(loadgen.Options{MaxLag: time.Nanosecond}) // no host is that punctual
	spec := serving.LoadSpec{Workload: workload(50, 4, 2), MaxRequests: 10, Seed: 1}

	got, err := g.Steady(t.Context(), (&fakeEngine{}).start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Contains(t, got.Invalid, "late")
	require.Greater(t, got.LagP99Seconds, 0.0)
}

func TestSteady_NothingInTheWindow_IsInvalidRatherThanGood(t *testing.T) {
	t.Parallel()
	spec := serving.LoadSpec{Workload: workload(1, 4, 2), DurationSeconds: 0.05, Seed: 1}

	got, err := patient().Steady(t.Context(), (&fakeEngine{}).start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Zero(t, got.Requests)
	require.Contains(t, got.Invalid, "no request")
}

func TestSteady_Good_CountsThoseThatMetTheObjectives(t *testing.T) {
	t.Parallel()
	target := (&fakeEngine{ttft: 10 * time.Millisecond}).start(t)
	spec := serving.LoadSpec{Workload: workload(40, 4, 2), DurationSeconds: 0.25, Seed: 1}

	easy, err := patient().Steady(t.Context(), target, "m", spec, []serving.Objective{objective(serving.MetricTTFT, 0.95, 60)})
	require.NoError(t, err)
	hard, err := patient().Steady(t.Context(), target, "m", spec, []serving.Objective{objective(serving.MetricTTFT, 0.95, 0.009)})
	require.NoError(t, err)

	require.InDelta(t, 10, easy.Requests, 1)
	require.Equal(t, easy.Requests, easy.Good)
	require.Equal(t, hard.Requests, easy.Requests)
	require.Zero(t, hard.Good)
	require.Zero(t, hard.GoodputRPS)
}

func TestSteady_SeveralTargets_TakeTurns(t *testing.T) {
	t.Parallel()
	a, b := &fakeEngine{}, &fakeEngine{}
	spec := serving.LoadSpec{Workload: workload(200, 4, 1), MaxRequests: 11, Seed: 1}

	_, err := patient().Steady(t.Context(), a.start(t)+", "+b.start(t), "m", spec, nil)

	require.NoError(t, err)
	require.Len(t, a.requests(), 6)
	require.Len(t, b.requests(), 5)
}

func TestSteady_WrongInput_IsPermanent(t *testing.T) {
	t.Parallel()
	good := serving.LoadSpec{Workload: workload(1, 4, 2), DurationSeconds: 1}
	with := func(change func(*serving.LoadSpec)) serving.LoadSpec {
		s := good
		change(&s)
		return s
	}
	cases := map[string]struct {
		target string
		spec   serving.LoadSpec
	}{
		"no target":      {"", good},
		"not a URL":      {"localhost:8000", good},
		"no rate":        {"http://h", with(func(s *serving.LoadSpec) { s.Workload.RatePerSecond = 0 })},
		"no prompt":      {"http://h", with(func(s *serving.LoadSpec) { s.Workload.PromptTokens.Mean = 0 })},
		"no output":      {"http://h", with(func(s *serving.LoadSpec) { s.Workload.OutputTokens.Mean = 0 })},
		"odd arrival":    {"http://h", with(func(s *serving.LoadSpec) { s.Workload.Arrival = "sometimes" })},
		"prefix above 1": {"http://h", with(func(s *serving.LoadSpec) { s.Workload.PrefixShare = 1.5 })},
		"no length":      {"http://h", with(func(s *serving.LoadSpec) { s.DurationSeconds = 0 })},
	}
	for name, c := range cases {
		_, err := patient().Steady(context.Background(), c.target, "m", c.spec, nil)
		require.ErrorIs(t, err, serving.ErrPermanent, name)
	}
}
