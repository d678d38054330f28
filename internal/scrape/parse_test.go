package scrape_test

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"

func parse(t *testing.T, page string) engine.Families {
	t.Helper()
	families, err := scrape.Parse(strings.NewReader(page), "text/plain; version=0.0.4")
	require.NoError(t, err)
	return families
}

func only(t *testing.T, f engine.Families, name string) engine.Series {
	t.Helper()
	family, ok := f.Lookup(name)
	require.True(t, ok, name)
	require.Len(t, family.Series, 1)
	return family.Series[0]
}

func TestParse_TypesComeFromTheTypeLineNotTheName(t *testing.T) {
	t.Parallel()
	f := parse(t, `# TYPE vllm:iteration_tokens_total histogram
vllm:iteration_tokens_total_sum 30
vllm:iteration_tokens_total_bucket{le="8"} 2
vllm:iteration_tokens_total_bucket{le="+Inf"} 3
vllm:iteration_tokens_total_count 3

# TYPE with_le gauge
with_le{le="4"} 7
plain 1
`)
	require.Equal(t, &serving.Histogram{Bounds: []float64{8}, Counts: []float64{2}, Count: 3, Sum: 30},
		only(t, f, "vllm:iteration_tokens_total").Histogram)
	gauge, _ := f.Lookup("with_le")
	require.Equal(t, engine.TypeGauge, gauge.Type)
	require.Equal(t, map[string]string{"le": "4"}, gauge.Series[0].Labels)
	plain, _ := f.Lookup("plain")
	require.Equal(t, engine.TypeUntyped, plain.Type)
}

func TestParse_FamiliesAreSortedAndEachNameOnce(t *testing.T) {
	t.Parallel()
	f := parse(t, "b 1\na 2\nc 3\nb{x=\"1\"} 4\n")
	names := []string{}
	for _, family := range f {
		names = append(names, family.Name)
	}
	require.Equal(t, []string{"a", "b", "c"}, names)
}

func TestParse_NaNInfinityAndScientificNotation(t *testing.T) {
	t.Parallel()
	f := parse(t, "a NaN\nb +Inf\nc -Inf\nd 8.98e+09\ne -1\n")
	require.True(t, math.IsNaN(only(t, f, "a").Value))
	require.True(t, math.IsInf(only(t, f, "b").Value, 1))
	require.True(t, math.IsInf(only(t, f, "c").Value, -1))
	require.InDelta(t, 8.98e9, only(t, f, "d").Value, 0)
	require.InDelta(t, -1.0, only(t, f, "e").Value, 0)
}

func TestParse_SeriesGivenTwice_TheLastCounts(t *testing.T) {
	t.Parallel()
	f := parse(t, `# TYPE a counter
a{x="1",y="2"} 5
a{y="2",x="1"} 6
# TYPE h histogram
h_bucket{le="1"} 1
h_bucket{le="1"} 2
h_bucket{le="+Inf"} 4
h_sum 3
h_count 4
`)
	require.InDelta(t, 6.0, only(t, f, "a").Value, 0)
	require.Equal(t, []float64{2}, only(t, f, "h").Histogram.Counts)
}

func TestParse_HistogramWithoutATotal_IsNotAHistogram(t *testing.T) {
	t.Parallel()
	f := parse(t, `# TYPE cut histogram
cut_sum 3
cut_bucket{le="1"} 2
# TYPE nosum histogram
nosum_bucket{le="+Inf"} 2
# TYPE nan histogram
nan_bucket{le="+Inf"} 2
nan_sum NaN
nan_count 2
# TYPE infonly histogram
infonly_bucket{le="1"} 2
infonly_bucket{le="+Inf"} 5
infonly_sum 9
# TYPE countonly histogram
countonly_bucket{le="1"} 2
countonly_sum 9
countonly_count 6
`)
	require.Nil(t, only(t, f, "cut").Histogram, "how many lie beyond the last bucket is not known")
	require.Nil(t, only(t, f, "nosum").Histogram)
	require.Nil(t, only(t, f, "nan").Histogram, "NaN would spread and cannot be stored")
	require.InDelta(t, 5.0, only(t, f, "infonly").Histogram.Count, 0)
	require.InDelta(t, 6.0, only(t, f, "countonly").Histogram.Count, 0)
}

func TestParse_Summary_KeepsItsMean(t *testing.T) {
	t.Parallel()
	f := parse(t, "# TYPE s summary\ns{quantile=\"0.5\"} NaN\ns_sum 10\ns_count 4\n")
	h := only(t, f, "s").Histogram
	require.Equal(t, serving.Known(2.5), h.Mean())
	_, _, ok := h.Quantile(0.5)
	require.False(t, ok)
}

func TestParse_CutShort_SaysInWhichLine(t *testing.T) {
	t.Parallel()
	for _, page := range []string{
		"a 1\nb 2\nc{x=\"y", "a 1\nb 2\nc", "a 1\nb 2\nc 12", "a 1\nb 2\n# TYPE c", "a 1\nb 2\n# HELP c so and",
	} {
		_, err := scrape.Parse(strings.NewReader(page), "")
		require.ErrorIs(t, err, scrape.ErrMalformed, page)
		require.ErrorContains(t, err, "cut short in line 3", page)
	}
}

func TestParse_NotMetrics_SaysInWhichLine(t *testing.T) {
	t.Parallel()
	for page, line := range map[string]string{
		"<html>\n<body>no</body>\n":               "line 1",
		"{\"detail\":\"Not Found\"}\n":            "line 1",
		"a 1\nb two\n":                            "line 2",
		"a 1\na 2 3 4\n":                          "line 2",
		"# TYPE a counter\n# TYPE a gauge\na 1\n": "line 2",
	} {
		_, err := scrape.Parse(strings.NewReader(page), "text/html")
		require.ErrorIs(t, err, scrape.ErrMalformed, page)
		require.ErrorContains(t, err, line, page)
	}
}

func TestParse_EmptyPage_HasNoFamilies(t *testing.T) {
	t.Parallel()
	require.Empty(t, parse(t, ""))
	require.Empty(t, parse(t, "\n# a comment\n"))
}

func TestParse_BeyondTheLimit_IsRefused(t *testing.T) {
	t.Parallel()
	_, err := scrape.Parse(endless("a 1\n"), "")
	require.ErrorIs(t, err, scrape.ErrMalformed)
	require.ErrorContains(t, err, "larger than 16 MiB")
}

func TestParse_ReaderThatFails_IsNotMalformed(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	_, err := scrape.Parse(io.MultiReader(strings.NewReader("a 1\nb"), iotest.ErrReader(broken)), "")
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, scrape.ErrMalformed)
	require.ErrorContains(t, err, "after line 1")
}

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
		"# TYPE a gauge\na 1\n":                "cut short after line 2",
		"a 1\nb{c=\"# EOF\n":                   "cut short",
		"a 1\n# EOF\nb 2\n":                    "line 3 is beyond # EOF",
		"a 1\n# EOF":                           "cut short in line 2",
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
	page := string(recorded(t, "vllm-0.11.0-V1-hardware-aware-router.txt"))
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

func TestParse_RecordedPages_AreReadWhole(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"vllm-0.11.0-V1-hardware-aware-router.txt", "vllm-0.4.3-V0-datadog.txt",
		"vllm-0.7.0-V0-multiproc-aibrix-excerpt.txt", "tgi-3.x-datadog.txt", "sglang-0.4-docs.txt",
	} {
		page := strings.TrimRight(string(recorded(t, name)), "\n") + "\n"
		got := map[string]string{}
		for _, family := range parse(t, page) {
			got[family.Name] = family.Type
		}
		require.Equal(t, declaredAndSampled(page), got, name)
	}
}

// declaredAndSampled finds by plain text search which families a page declares
// and gives samples of.
func declaredAndSampled(page string) map[string]string {
	out := map[string]string{}
	for _, line := range strings.Split(page, "\n") {
		words := strings.Fields(line)
		if len(words) != 4 || words[1] != "TYPE" {
			continue
		}
		for _, suffix := range []string{"{", " ", "_sum{", "_sum ", "_bucket{", "_bucket "} {
			if strings.Contains(page, "\n"+words[2]+suffix) {
				out[words[2]] = words[3]
			}
		}
	}
	return out
}

func TestParse_RecordedPageCutAnywhereWithinALine_IsAnError(t *testing.T) {
	t.Parallel()
	page := recorded(t, "vllm-0.7.0-V0-multiproc-aibrix-excerpt.txt")
	for n := 1; n < len(page); n += 3 {
		if page[n-1] == '\n' {
			continue
		}
		_, err := scrape.Parse(strings.NewReader(string(page[:n])), "")
		require.ErrorIs(t, err, scrape.ErrMalformed, "cut after %d bytes", n)
	}
}

// endless repeats a line for ever.
func endless(line string) io.Reader { return &repeater{line: line} }

type repeater struct {
	line string
	at   int
}

func (r *repeater) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := copy(p[n:], r.line[r.at:])
		n, r.at = n+k, (r.at+k)%len(r.line)
	}
	return n, nil
}
