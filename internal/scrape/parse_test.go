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
	"github.com/optiinfra/performance-agent/internal/recorded"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

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
		require.ErrorContains(t, err, "line 3: cut short", page)
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

func TestParse_RecordedPages_AreReadWhole(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"vllm-0.11.0-V1-hardware-aware-router.txt", "vllm-0.4.3-V0-datadog.txt",
		"vllm-0.7.0-V0-multiproc-aibrix-excerpt.txt", "tgi-3.x-datadog.txt", "sglang-0.4-docs.txt",
	} {
		page := strings.TrimRight(string(recorded.Read(t, "metrics", name)), "\n") + "\n"
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
	page := recorded.Read(t, "metrics", "vllm-0.7.0-V0-multiproc-aibrix-excerpt.txt")
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
