package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// An ordinary chunk of a chat stream.
const chunk = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" token"},"finish_reason":null}]}` + "\n\n"

func TestEventCounter_AllocatesNothing(t *testing.T) {
	p, scan := []byte(chunk), gateway.EventScanner()
	require.Zero(t, testing.AllocsPerRun(1000, func() { _ = scan(p) }))
}

func BenchmarkEventCounter(b *testing.B) {
	p, scan := []byte(chunk), gateway.EventScanner()
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		scan(p)
	}
}

// BenchmarkStream compares a stream straight from the backend with one through
// the gateway; the difference is the gateway's cost, client and backend being in
// the same process both times. ns/chunk is of one stream after the other.
func BenchmarkStream(b *testing.B) {
	for _, chunks := range []int{1, 500} {
		backend := newEngine(b, "stable")
		backend.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "text/event-stream")
			c := http.NewResponseController(w)
			for range chunks {
				_, _ = io.WriteString(w, chunk)
				_ = c.Flush()
			}
		})
		s := newStack(b, gateway.Options{})
		s.pool(b, serving.Stable, backend)
		for _, way := range []struct{ name, url string }{{"direct", backend.URL}, {"gateway", s.users.URL}} {
			b.Run(fmt.Sprintf("chunks=%d/%s", chunks, way.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					res, err := s.client.Post(way.url+"/v1/completions", "application/json", strings.NewReader(`{"prompt":"hello"}`))
					require.NoError(b, err)
					_, err = io.Copy(io.Discard, res.Body)
					require.NoError(b, err)
					require.NoError(b, res.Body.Close())
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*chunks), "ns/chunk")
			})
		}
	}
}

// BenchmarkChunk sends the next chunk only when the client has the one before,
// so that none are read together: the latency a token takes through the gateway.
func BenchmarkChunk(b *testing.B) {
	next := make(chan struct{})
	backend := newEngine(b, "stable")
	backend.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		for range next {
			_, _ = io.WriteString(w, chunk)
			_ = http.NewResponseController(w).Flush()
		}
	})
	s := newStack(b, gateway.Options{})
	s.pool(b, serving.Stable, backend)
	for _, way := range []struct{ name, url string }{{"direct", backend.URL}, {"gateway", s.users.URL}} {
		b.Run(way.name, func(b *testing.B) {
			next = make(chan struct{}, 1)
			next <- struct{}{}
			res, err := s.client.Post(way.url+"/v1/completions", "application/json", strings.NewReader("{}"))
			require.NoError(b, err)
			buffer := make([]byte, len(chunk))
			_, err = io.ReadFull(res.Body, buffer)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				next <- struct{}{}
				if _, err := io.ReadFull(res.Body, buffer); err != nil {
					b.Fatal(err)
				}
			}
			close(next)
			require.NoError(b, res.Body.Close())
		})
	}
}
