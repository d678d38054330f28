package detection_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/detection"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var fleet = serving.Fleet{Name: "chat", Config: serving.EngineConfig{Engine: serving.VLLM, Model: "simulated"}}

func newSite(t *testing.T) detection.Site {
	t.Helper()
	s := detection.NewSite()
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func ensure(t *testing.T, s detection.Site, v serving.Variant, replicas int) []string {
	t.Helper()
	up, err := s.Ensure(t.Context(), fleet, serving.VariantSpec{Fleet: fleet.Name, Variant: v, Config: fleet.Config, Replicas: replicas})
	require.NoError(t, err)
	require.Len(t, up.Endpoints, replicas)
	return up.Endpoints
}

// send is a load of a few requests as the users send them.
func send(t *testing.T, target string, requests int) serving.LoadResult {
	t.Helper()
	got, err := loadgen.New(loadgen.Options{MaxLag: time.Hour}).Steady(t.Context(), target, "simulated", serving.LoadSpec{
		Workload: serving.Workload{RatePerSecond: 50, Arrival: serving.ArrivalConstant, PromptTokens: serving.Lengths{Mean: 8},
			OutputTokens: serving.Lengths{Mean: 3}}, MaxRequests: requests, Seed: 1}, nil)
	require.NoError(t, err)
	return got
}

func TestEngine_Healthy_StreamsWhatIsAskedAndCountsIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := ensure(t, s, serving.Stable, 1)[0]

	got := send(t, target, 10)

	require.Empty(t, got.ErrorKinds)
	require.Equal(t, 10, got.Good)
	require.Equal(t, 3.0, got.MeanOutputTokens)
	reading, err := scrape.New(http.DefaultClient, known.Engines()).Read(t.Context(), fleet, target)
	require.NoError(t, err)
	require.Equal(t, serving.Known(30), reading.GenerationTokens)
	require.Equal(t, 10.0, reading.TTFT.Count)
	require.Equal(t, 20.0, reading.ITL.Count)
	require.Equal(t, 10.0, reading.FinishedByReason["length"])
	require.True(t, reading.ProcessStartedUnix.IsKnown())
}

func TestEngine_BreakingCanary_FailsAndStableDoesNot(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	stable, canary := ensure(t, s, serving.Stable, 1)[0], ensure(t, s, serving.Canary, 1)[0]
	require.NoError(t, s.Break(fleet.Name, detection.Plant{ErrorRate: 1}))

	require.Equal(t, map[string]int{"http_500": 5}, send(t, canary, 5).ErrorKinds)
	require.Empty(t, send(t, stable, 5).ErrorKinds)
}

func TestEngine_Slow_FirstTokensAreLate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	canary := ensure(t, s, serving.Canary, 1)[0]
	require.NoError(t, s.Break(fleet.Name, detection.Plant{TTFTFactor: 4}))

	// The median of a log-normal whose 95% quantile is 4 x 0.3 s and whose sigma is
	// 0.3 is 0.73 s; no first token of a healthy engine is as late as half of it.
	require.Greater(t, send(t, canary, 20).TTFT.P50Seconds, 0.4)
}

func TestEngine_Hang_AnswersNothingAndCanBeRemoved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	canary := ensure(t, s, serving.Canary, 1)[0]
	require.NoError(t, s.Break(fleet.Name, detection.Plant{Hang: true}))
	answered := make(chan error, 1)
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, canary+"/v1/chat/completions", strings.NewReader(`{"max_tokens":3}`))
	require.NoError(t, err)
	go func() {
		answer, err := http.DefaultClient.Do(request)
		if err == nil {
			_, err = io.ReadAll(answer.Body)
			_ = answer.Body.Close()
		}
		answered <- err
	}()
	scraper := scrape.New(http.DefaultClient, known.Engines())
	require.Eventually(t, func() bool {
		reading, err := scraper.Read(t.Context(), fleet, canary)
		return err == nil && reading.Running == serving.Known(1)
	}, 10*time.Second, 10*time.Millisecond, "the request never arrived")
	require.Empty(t, answered)

	require.NoError(t, s.Remove(t.Context(), fleet, serving.Canary))
	require.Error(t, <-answered)
	now, err := s.Describe(t.Context(), fleet)
	require.NoError(t, err)
	require.Empty(t, now)
}

func TestEngine_NoRequest_IsRefused(t *testing.T) {
	t.Parallel()
	answer, err := http.Post(ensure(t, newSite(t), serving.Stable, 1)[0]+"/v1/chat/completions", "application/json", strings.NewReader("no"))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusBadRequest, answer.StatusCode)
}

func TestSite_SizeAndConfiguration_AreAsSpecified(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	two := ensure(t, s, serving.Stable, 2)
	require.Equal(t, two, ensure(t, s, serving.Stable, 2), "what runs is kept")
	require.Subset(t, two, ensure(t, s, serving.Stable, 1))
	other := fleet.Config
	other.Model = "another"
	up, err := s.Ensure(t.Context(), fleet, serving.VariantSpec{Fleet: fleet.Name, Variant: serving.Stable, Config: other, Replicas: 1})
	require.NoError(t, err)
	require.Equal(t, other, up.Config)
	require.NotSubset(t, two, up.Endpoints)
	require.ErrorContains(t, s.Break(fleet.Name, detection.Plant{Hang: true}), "no canary")
}
