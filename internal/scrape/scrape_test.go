package scrape_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/recorded"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const page = "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{model_name=\"m\"} 3\n"

// chat is a fleet of vLLM.
var chat = serving.Fleet{Name: "chat", Config: serving.EngineConfig{Engine: serving.VLLM}}

func scraper() *scrape.Scraper {
	return scrape.New(&http.Client{}, known.Engines())
}

// replica has a metrics page and no other route.
func replica(t *testing.T, page http.HandlerFunc) string {
	t.Helper()
	routes := http.NewServeMux()
	routes.HandleFunc("/metrics", page)
	server := httptest.NewServer(routes)
	t.Cleanup(server.Close)
	return server.URL
}

func TestScraper_Read_GivesTheReadingItsTimeAndEndpoint(t *testing.T) {
	t.Parallel()
	requests := make(chan *http.Request, 1)
	url := replica(t, func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		_, _ = io.WriteString(w, page)
	})
	before := float64(time.Now().UnixNano()) / 1e9
	r, err := scraper().Read(t.Context(), chat, url+"/")
	require.NoError(t, err)
	require.Equal(t, serving.Known(3), r.Running)
	require.Equal(t, "m", r.Model)
	require.Equal(t, url+"/", r.Endpoint)
	require.GreaterOrEqual(t, r.TakenUnix, before)
	require.LessOrEqual(t, r.TakenUnix, float64(time.Now().UnixNano())/1e9)
	got := <-requests
	require.Equal(t, "/metrics", got.URL.Path)
	require.NotContains(t, got.Header.Get("Accept"), "openmetrics")
}

func TestScraper_Read_Gzip_AskedForOrNot(t *testing.T) {
	t.Parallel()
	url := replica(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, page)
		_ = z.Close()
	})
	unasked := scrape.New(&http.Client{Transport: &http.Transport{DisableCompression: true}},
		known.Engines())
	for _, s := range []*scrape.Scraper{scraper(), unasked} {
		r, err := s.Read(t.Context(), chat, url)
		require.NoError(t, err)
		require.Equal(t, serving.Known(3), r.Running)
	}
}

func TestScraper_Read_GzipThatUnpacksBeyondTheLimit_IsRefused(t *testing.T) {
	t.Parallel()
	url := replica(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.Copy(z, io.LimitReader(endless("\n"), scrape.MaxPageBytes+1))
		_ = z.Close()
	})
	_, err := scraper().Read(t.Context(), chat, url)
	require.ErrorIs(t, err, scrape.ErrMalformed)
	require.ErrorContains(t, err, "16 MiB")
}

func TestScraper_Read_OpenMetricsOfTheRustFrontEnd(t *testing.T) {
	t.Parallel()
	url := replica(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", openMetrics)
		_, _ = io.WriteString(w, "# TYPE vllm:generation_tokens counter\nvllm:generation_tokens_total{engine=\"0\"} 7\n# EOF\n")
	})
	r, err := scraper().Read(t.Context(), chat, url)
	require.NoError(t, err)
	require.Equal(t, serving.Known(7), r.GenerationTokens)
	require.Empty(t, r.Unrecognised)
}

func TestScraper_Read_ErrorsTellUnreachableFromMalformed(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	broken := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, page)
	}
	notGzip := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, page)
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    error
	}{
		"server error":       {answer(503, "starting"), scrape.ErrUnreachable},
		"connection breaks":  {broken, scrape.ErrUnreachable},
		"no metrics route":   {answer(404, "not found"), scrape.ErrMalformed},
		"a page of HTML":     {answer(200, "<html></html>\n"), scrape.ErrMalformed},
		"an unfinished line": {answer(200, strings.TrimSuffix(page, "\n")), scrape.ErrMalformed},
		"not what it says":   {notGzip, scrape.ErrMalformed},
	} {
		url := replica(t, c.handler)
		_, err := scraper().Read(t.Context(), chat, url)
		require.ErrorIs(t, err, c.want, name)
		require.ErrorContains(t, err, url, name)
		for _, other := range []error{scrape.ErrUnreachable, scrape.ErrMalformed} {
			if other != c.want {
				require.NotErrorIs(t, err, other, name)
			}
		}
	}
}

func TestScraper_Read_NobodyListens_IsUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	for _, endpoint := range []string{server.URL, "http://[bad", ""} {
		_, err := scraper().Read(t.Context(), chat, endpoint)
		require.ErrorIs(t, err, scrape.ErrUnreachable, endpoint)
	}
}

func TestScraper_Read_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	arrived, done := make(chan struct{}), make(chan struct{})
	url := replica(t, func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-done
	})
	t.Cleanup(func() { close(done) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := scraper().Read(ctx, chat, url)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, scrape.ErrUnreachable)
}

func TestScraper_Read_UnknownEngine_NamesTheKnownOnes(t *testing.T) {
	t.Parallel()
	_, err := scraper().Read(t.Context(), serving.Fleet{Config: serving.EngineConfig{Engine: "triton"}}, "http://127.0.0.1:1")
	require.ErrorContains(t, err, `engine "triton" is unknown, use one of [`)
	require.ErrorContains(t, err, "vllm]")
	require.NotErrorIs(t, err, scrape.ErrUnreachable)
}

func BenchmarkParseAndRead(b *testing.B) {
	page := string(recorded.Read(b, "metrics", "vllm-0.11.0-V1-hardware-aware-router.txt"))
	e := vllm.New()
	for name, c := range map[string]struct{ page, contentType string }{
		"text": {page, "text/plain"}, "openmetrics": {asOpenMetrics(page), openMetrics},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.page)))
			for b.Loop() {
				f, err := scrape.Parse(strings.NewReader(c.page), c.contentType)
				if err != nil {
					b.Fatal(err)
				}
				e.Read(f)
			}
		})
	}
}
