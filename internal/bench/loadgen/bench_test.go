package loadgen_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	bench "github.com/optiinfra/performance-agent/internal/bench/loadgen"
	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestScenario_RateKeepsTheStreams(t *testing.T) {
	t.Parallel()
	s := bench.DefaultScenario()
	require.Equal(t, 2000, s.Streams)
	require.Equal(t, 20, s.TokensASecond)
	require.InDelta(t, 2000, s.Rate()*s.Life().Seconds(), 1e-9)
	require.Greater(t, s.Warmup, s.Life(), "all streams are there before it counts")
	require.Less(t, s.Warmup+s.Window+s.Life(), time.Minute)
}

func TestBehindGrid_ConstantArrivals_AreOnTime(t *testing.T) {
	t.Parallel()
	var onTime, stalled []float64
	for i := range 1000 {
		at := 5 + float64(i)/100
		onTime = append(onTime, at)
		if i >= 500 && i < 550 {
			at = 5 + 5.5 // half a second of nothing, then all at once
		}
		stalled = append(stalled, at)
	}
	got := bench.BehindGrid(onTime, 100)
	require.InDelta(t, 0, got.MaxSeconds, 1e-9)
	require.InDelta(t, 100, got.PerSecond, 1e-6)
	got = bench.BehindGrid(stalled, 100)
	require.InDelta(t, 0.5, got.MaxSeconds, 1e-6)
	require.InDelta(t, 0, got.P50Seconds, 1e-6)
	require.Greater(t, got.P99Seconds, 0.3)
	require.Zero(t, bench.BehindGrid(nil, 100).P99Seconds)
}

func TestTokenServer_StreamsWhatIsAsked(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	target, err := bench.ServeTokens(ctx, 100)
	require.NoError(t, err)
	spec := serving.LoadSpec{Workload: serving.Workload{RatePerSecond: 50, Arrival: serving.ArrivalConstant,
		PromptTokens: serving.Lengths{Mean: 8}, OutputTokens: serving.Lengths{Mean: 20}}, MaxRequests: 10, Seed: 1}

	got, err := loadgen.New(loadgen.Options{MaxLag: time.Hour}).Steady(ctx, target, "bench", spec, nil)

	require.NoError(t, err)
	require.Empty(t, got.ErrorKinds)
	require.Equal(t, 10, got.Good)
	require.Equal(t, 20.0, got.MeanOutputTokens)
	require.Equal(t, 10*19, got.TokenGaps.Count)
	require.GreaterOrEqual(t, got.E2E.P50Seconds, 19*0.01, "the tokens come at their times")

	answer, err := http.Get(target + "/account?rate=50")
	require.NoError(t, err)
	defer answer.Body.Close()
	var account bench.Account
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&account))
	require.Equal(t, 10, account.Arrivals.Requests)
	require.Positive(t, account.Arrivals.PerSecond)

	wrong, err := http.Get(target + "/account?rate=no")
	require.NoError(t, err)
	defer wrong.Body.Close()
	require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
}

func TestVegeta_Report_IsRead(t *testing.T) {
	t.Parallel()
	var c bench.Client
	require.NoError(t, bench.ReadVegeta(&c, `{"latencies":{"total":1,"50th":8000000000,"99th":8250000000},"requests":200,"success":0.99,"status_codes":{"0":2,"200":198}}`))
	require.Equal(t, 8.0, c.AnswerP50Seconds)
	require.Equal(t, 8.25, c.AnswerP99Seconds)
	require.Equal(t, 2, c.Errors)
	require.Error(t, bench.ReadVegeta(&c, `nothing`))
}

func TestTable_WhatThePeerCannotMeasure_IsADash(t *testing.T) {
	t.Parallel()
	gaps := serving.LatencySummary{P50Seconds: 0.05, P99Seconds: 0.06}
	report := bench.Report{Scenario: bench.DefaultScenario(),
		Ours: bench.Client{Name: "this generator", CPUShare: 0.8, Result: &serving.LoadResult{LagP99Seconds: 0.0021, TokenGaps: &gaps}},
		Peer: &bench.Client{Name: "vegeta", CPUShare: 0.9}}
	var out strings.Builder
	bench.PrintTable(&out, report)
	require.Contains(t, out.String(), "2000 streams of 20 tokens/s (250 requests/s, 160 tokens each)")
	require.Regexp(t, `own lag p99\s+2\.1 ms\s+-`, out.String())
	require.Regexp(t, `between tokens, p50 / p99\s+50\.0 ms / 60\.0 ms\s+-`, out.String())
	require.Contains(t, out.String(), "the result is valid")

	report.Ours.Result.Invalid, report.Peer, report.PeerMissing = "it was late", nil, "vegeta is not installed"
	out.Reset()
	bench.PrintTable(&out, report)
	require.Contains(t, out.String(), "INVALID, it was late")
	require.Contains(t, out.String(), "no comparison: vegeta")
}
