package telemetry

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// CountScrapes is client with each of its calls counted and timed in registry, until
// the whole answer was read. It is for a client that reads engines' pages and nothing
// else. There is no label for the page: fleets come and go.
func CountScrapes(registry prometheus.Registerer, client *http.Client) *http.Client {
	counted := *client
	next := client.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	s := &scrapes{next: next,
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "performance_agent_scrapes_total",
			Help: "Reads of the pages of engines, exporters and Prometheus: ok, refused (by a status) or failed."}, []string{"result"}),
		// The 5 s of the adapters' timeout, and milliseconds of an engine that is well.
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "performance_agent_scrape_duration_seconds",
			Help: "Time to read such a page.", Buckets: []float64{.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5}})}
	registry.MustRegister(s.calls, s.seconds)
	counted.Transport = s
	return &counted
}

// scrapes implements http.RoundTripper.
type scrapes struct {
	next    http.RoundTripper
	calls   *prometheus.CounterVec
	seconds prometheus.Histogram
}

// RoundTrip implements http.RoundTripper.
func (s *scrapes) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	answer, err := s.next.RoundTrip(r)
	if err != nil {
		s.count("failed", began)
		return nil, err
	}
	if answer.StatusCode >= http.StatusBadRequest {
		s.count("refused", began)
		return answer, nil
	}
	answer.Body = &countedBody{ReadCloser: answer.Body, over: func(err error) {
		if err != nil {
			s.count("failed", began)
			return
		}
		s.count("ok", began)
	}}
	return answer, nil
}

func (s *scrapes) count(result string, began time.Time) {
	s.calls.WithLabelValues(result).Inc()
	s.seconds.Observe(time.Since(began).Seconds())
}

// countedBody says once how the reading of an answer ended; one that is closed before
// its end was read as far as its reader wanted.
type countedBody struct {
	io.ReadCloser
	once sync.Once
	over func(error)
}

// Read implements io.Reader.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		b.once.Do(func() { b.over(nil) })
	case err != nil:
		b.once.Do(func() { b.over(err) })
	}
	return n, err
}

// Close implements io.Closer.
func (b *countedBody) Close() error {
	b.once.Do(func() { b.over(nil) })
	return b.ReadCloser.Close()
}
