package scrape_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/scrape"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// tiny is an effort for tests: the figures mean nothing, the ways are walked.
func tiny() scrape.Effort {
	return scrape.Effort{Round: time.Microsecond, Rounds: 3, MaxRounds: 5, Spread: 1e9}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	require.Zero(t, scrape.Median(nil))
	require.Equal(t, 3.0, scrape.Median([]float64{9, 3, 1}))
	require.Equal(t, 2.5, scrape.Median([]float64{4, 1, 2, 3}))
}

func TestSpread_IsTheMiddleHalf_WhateverTheTails(t *testing.T) {
	t.Parallel()
	require.Zero(t, scrape.SpreadOf(nil))
	require.Zero(t, scrape.SpreadOf([]float64{5, 5, 5}))
	require.InDelta(t, 0.5, scrape.SpreadOf([]float64{1, 8, 10, 13, 1000}), 1e-9)
}

func TestCompared_AFailingWay_IsAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fine := func() error { return nil }
	for _, ways := range [][2]func() error{{fine, func() error { return broken }}, {func() error { return broken }, fine}} {
		_, _, _, err := scrape.Compared(tiny(), ways[0], ways[1])
		require.ErrorIs(t, err, broken)
	}
	n, err := scrape.Repetitions(time.Nanosecond, fine)
	require.NoError(t, err)
	require.Positive(t, n)
}

// The simulated pages are taken from running engines and hold what the mapping of
// their kind reads.
func TestSimulated_PagesAreOfEnginesThatAnswered(t *testing.T) {
	t.Parallel()
	pages, err := scrape.Simulated(t.Context())
	require.NoError(t, err)
	require.Len(t, pages, 3)
	for _, p := range pages {
		require.True(t, p.Simulated)
		require.Contains(t, string(p.Text), map[serving.EngineKind]string{serving.VLLM: "vllm:time_to_first_token_seconds_count",
			serving.TGI: "tgi_request_duration_count", serving.SGLang: "sglang:time_to_first_token_seconds_count"}[p.Engine], p.Name)
	}
}

func TestMeasure_EveryPageHasAllItsCosts(t *testing.T) {
	t.Parallel()
	page := scrape.Page{Name: "page", Engine: serving.VLLM, Text: []byte("# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{model_name=\"m\"} 3\n")}
	rows, err := scrape.Measure(t.Context(), []scrape.Page{page}, known.Engines(), tiny())
	require.NoError(t, err)
	require.Len(t, rows, 1)
	r := rows[0]
	require.Equal(t, 2, r.Lines)
	require.Equal(t, len(page.Text), r.Bytes)
	require.Positive(t, r.Ours.Allocs)
	require.Greater(t, r.Ours.Allocs, r.Parser.Allocs, "the mapping allocates too")
	require.Greater(t, r.Scrape.Allocs, r.Ours.Allocs, "so does the way over HTTP")
	var out strings.Builder
	require.NoError(t, scrape.Report{Rows: rows}.Print(&out))
	require.Contains(t, out.String(), "endpoints/core at 5 s")

	page.Text = []byte("no metrics page")
	_, err = scrape.Measure(t.Context(), []scrape.Page{page}, known.Engines(), tiny())
	require.ErrorContains(t, err, "page: ")
}

func TestSimulated_GivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := scrape.Simulated(ctx)
	require.Error(t, err)
}

// An excerpt that stops within a family is left out; a folder that is not there has
// no pages.
func TestRecorded_WholePagesOfKnownEngines(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{"whole.txt": "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running 1\n",
		"broken.txt": "# TYPE a counter\na{b=", "other.txt": "a 1\n", "SOURCES.md": "x"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	pages, err := scrape.Recorded(folder, known.Engines())
	require.NoError(t, err)
	require.Len(t, pages, 1)
	require.Equal(t, "whole", pages[0].Name)
	require.Equal(t, serving.VLLM, pages[0].Engine)
	none, err := scrape.Recorded(filepath.Join(folder, "nowhere"), known.Engines())
	require.NoError(t, err)
	require.Empty(t, none)
}
