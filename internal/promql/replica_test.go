package promql_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/llmsim/program"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const model = "meta-llama/Llama-3.1-8B-Instruct"

// replica is a simulated engine that keeps the pages which Prometheus was given.
type replica struct {
	url string

	mu    sync.Mutex
	pages []scraped
	stop  context.CancelFunc
}

// scraped is a page and when it was asked for, in unix seconds.
type scraped struct {
	unix float64
	page []byte
}

func startReplica(t *testing.T) *replica {
	t.Helper()
	o, err := program.ParseOptions([]string{"-startup", "0s", "vllm", "serve", model, "--host", "127.0.0.1"}, "", io.Discard)
	require.NoError(t, err)
	o.Port = 0
	p, err := program.New(o, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	socket, err := p.Bind()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.Run(ctx, socket)
	}()
	r := &replica{stop: func() { cancel(); <-done }}
	t.Cleanup(r.stop)
	to, err := url.Parse("http://" + socket.Addr().String())
	require.NoError(t, err)
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:        func(p *httputil.ProxyRequest) { p.SetURL(to); p.Out.Header.Del("Accept-Encoding") },
		ModifyResponse: r.keep,
		FlushInterval:  -1,
		ErrorLog:       slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	})
	t.Cleanup(front.Close)
	r.url = front.URL
	return r
}

// keep copies a page on its way to Prometheus.
func (r *replica) keep(response *http.Response) error {
	if response.Request.URL.Path != "/metrics" || !strings.HasPrefix(response.Request.UserAgent(), "Prometheus/") || response.StatusCode != http.StatusOK {
		return nil
	}
	page, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	response.Body = io.NopCloser(bytes.NewReader(page))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pages = append(r.pages, scraped{float64(time.Now().UnixNano()) / 1e9, page})
	return nil
}

// page reads, by scraping's own code, the page of the scrape that began then.
func (r *replica) page(t *testing.T, began float64) serving.Reading {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.pages {
		if p.unix < began {
			continue
		}
		families, err := scrape.Parse(bytes.NewReader(p.page), "")
		if err != nil {
			families, err = scrape.Parse(bytes.NewReader(p.page), "application/openmetrics-text")
		}
		require.NoError(t, err)
		reading := vllm.New().Read(families)
		reading.TakenUnix, reading.Endpoint = p.unix, r.url
		return reading
	}
	t.Fatalf("no page after %f", began)
	return serving.Reading{}
}
