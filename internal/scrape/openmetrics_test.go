package scrape_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/recorded"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"

func TestParse_OpenMetrics_CountersHaveTheNameOfTheirSamples(t *testing.T) {
	t.Parallel()
	f, err := scrape.Parse(strings.NewReader(`# HELP vllm:prompt_tokens Tokens.
# TYPE vllm:prompt_tokens counter
# UNIT vllm:latency_seconds seconds
vllm:prompt_tokens_total{model_name="m"} 12.0
vllm:prompt_tokens_created{model_name="m"} 1.7e+09
# TYPE vllm:latency_seconds histogram
vllm:latency_seconds_bucket{le="1.0"} 3 # {trace_id="abc"} 0.67
vllm:latency_seconds_bucket{le="+Inf"} 4
vllm:latency_seconds_sum 5.5
vllm:latency_seconds_count 4
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running 2
# EOF
`), openMetrics)
	require.NoError(t, err)
	counter, ok := f.Lookup("vllm:prompt_tokens_total")
	require.True(t, ok)
	require.Equal(t, engine.TypeCounter, counter.Type)
	require.InDelta(t, 12.0, counter.Series[0].Value, 0)
	require.InDelta(t, 4.0, only(t, f, "vllm:latency_seconds").Histogram.Count, 0)
	require.InDelta(t, 2.0, only(t, f, "vllm:num_requests_running").Value, 0)
}

func TestParse_OpenMetrics_WhatTheTextFormatDoesNotKnow(t *testing.T) {
	t.Parallel()
	f, err := scrape.Parse(strings.NewReader(`# TYPE build info
build_info{version="1} # {2",note="a \" b"} 1
# TYPE state stateset
state{state="awake"} 1
# TYPE odd unknown
odd 3 1700000000.123
# TYPE jobs counter
jobs_total 5 1700000000.5 # {id="x y"} 1 1700000000.1
# TYPE already_total counter
already_total 6
# EOF
`), openMetrics)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"version": "1} # {2", "note": `a " b`}, only(t, f, "build_info").Labels)
	require.InDelta(t, 1.0, only(t, f, "state").Value, 0)
	require.InDelta(t, 3.0, only(t, f, "odd").Value, 0)
	require.InDelta(t, 5.0, only(t, f, "jobs_total").Value, 0)
	require.InDelta(t, 6.0, only(t, f, "already_total").Value, 0)
}

func TestParse_OpenMetricsWithoutItsEnd_IsCutShort(t *testing.T) {
	t.Parallel()
	for page, text := range map[string]string{
		"# TYPE a gauge\na 1\n":                "line 3: cut short",
		"a 1\nb{c=\"# EOF\n":                   "cut short",
		"a 1\n# EOF\nb 2\n":                    "line 3: beyond # EOF",
		"a 1\n# EOF":                           "line 2: cut short",
		"a 1\nb\n# EOF\n":                      "line 2",
		"a 1\nb{c=\"d\n# EOF\n":                "line 2",
		"# TYPE a counter\na_total x\n# EOF\n": "line 2",
	} {
		_, err := scrape.Parse(strings.NewReader(page), openMetrics)
		require.ErrorIs(t, err, scrape.ErrMalformed, page)
		require.ErrorContains(t, err, text, page)
	}
}

func TestParse_OpenMetrics_SameAsTheTextFormatOfARecordedPage(t *testing.T) {
	t.Parallel()
	page := string(recorded.Read(t, "metrics", "vllm-0.11.0-V1-hardware-aware-router.txt"))
	require.Equal(t, vllm.New().Read(parse(t, page)), func() serving.Reading {
		f, err := scrape.Parse(strings.NewReader(asOpenMetrics(page)), openMetrics)
		require.NoError(t, err)
		return vllm.New().Read(f)
	}())
}

// asOpenMetrics writes a page as the Rust front end would.
func asOpenMetrics(page string) string {
	var out strings.Builder
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "# TYPE vllm:iteration") && !strings.HasPrefix(line, "# HELP vllm:iteration") {
			line = strings.Replace(line, "_total ", " ", 1)
		}
		out.WriteString(line)
	}
	return out.String() + "# EOF\n"
}
