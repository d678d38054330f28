package scrape_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// largePage is what a server with very many data-parallel engines would send:
// histograms of 22 buckets, counters and gauges, an engine label on each, until
// it has the size.
func largePage(bytes int) (page string, engines int) {
	var histograms, counters, gauges strings.Builder
	histograms.WriteString("# TYPE vllm:time_to_first_token_seconds histogram\n")
	counters.WriteString("# TYPE vllm:generation_tokens_total counter\n")
	gauges.WriteString("# TYPE vllm:num_requests_running gauge\n")
	for ; histograms.Len()+counters.Len()+gauges.Len() < bytes; engines++ {
		labels := fmt.Sprintf(`engine="%d",model_name="meta-llama/Llama-3.1-8B-Instruct"`, engines)
		for i := range 22 {
			fmt.Fprintf(&histograms, "vllm:time_to_first_token_seconds_bucket{le=\"%g\",%s} %d\n", 0.001*float64(int(1)<<i), labels, i)
		}
		fmt.Fprintf(&histograms, "vllm:time_to_first_token_seconds_bucket{le=\"+Inf\",%s} 22\n", labels)
		fmt.Fprintf(&histograms, "vllm:time_to_first_token_seconds_sum{%s} 11.5\nvllm:time_to_first_token_seconds_count{%s} 22\n", labels, labels)
		fmt.Fprintf(&counters, "vllm:generation_tokens_total{%s} 7\n", labels)
		fmt.Fprintf(&gauges, "vllm:num_requests_running{%s} 2\n", labels)
	}
	return histograms.String() + counters.String() + gauges.String(), engines
}

func TestParse_TenMegabytes_AreReadWhole(t *testing.T) {
	t.Parallel()
	page, engines := largePage(10 << 20)
	began := time.Now()
	f, err := scrape.Parse(strings.NewReader(page), "")
	require.NoError(t, err)
	r := vllm.New().Read(f)
	t.Logf("%d bytes, %d lines, %d engines in %v", len(page), strings.Count(page, "\n"), engines, time.Since(began))
	require.Equal(t, serving.Known(float64(7*engines)), r.GenerationTokens)
	require.Equal(t, serving.Known(float64(2*engines)), r.Running)
	require.InDelta(t, float64(22*engines), r.TTFT.Count, 0)
	require.Len(t, r.TTFT.Bounds, 22)
}

func TestParse_BeyondItsLimits_IsRefusedBeforeItIsDecoded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ page, text string }{
		"bytes":  {strings.Repeat("a", 16<<20) + " 1\n", "larger than 16 MiB"},
		"lines":  {strings.Repeat("a 1\n", 1<<20), "1048576 lines, more than 300000"},
		"labels": {strings.Repeat(manyLabels(100), 6001), "more than 600000 labels"},
		"a line": {"a 1\n" + manyLabels(101), "line 2: more than 100 labels"},
	} {
		_, err := scrape.Parse(strings.NewReader(c.page), "")
		require.ErrorIs(t, err, scrape.ErrMalformed, name)
		require.ErrorContains(t, err, c.text, name)
	}
}

// The memory of the worst pages within the limits, for a person to read.
func BenchmarkParseLarge(b *testing.B) {
	tenMB, _ := largePage(10 << 20)
	for name, page := range map[string]string{
		"ten megabytes": tenMB,
		"most lines":    strings.Repeat("a 1\n", 300_000),
		"most labels":   strings.Repeat(manyLabels(100), 5999),
		"distinct":      distinct(300_000),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				f, err := scrape.Parse(strings.NewReader(page), "")
				if err != nil {
					b.Fatal(err)
				}
				runtime.KeepAlive(f)
			}
		})
	}
}

// distinct are gauges of three labels each, all different.
func distinct(lines int) string {
	var out strings.Builder
	for i := range lines {
		fmt.Fprintf(&out, "a{x=\"%d\",y=\"\",z=\"\"} 1\n", i)
	}
	return out.String()
}

func manyLabels(n int) string {
	var out strings.Builder
	out.WriteString("a{")
	for i := range n {
		fmt.Fprintf(&out, "b%d=\"\",", i)
	}
	return out.String() + "} 1\n"
}
