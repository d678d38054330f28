package scrape

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ErrUnreachable says that no answer, or only a server error, came from the
// endpoint: the replica is down, starting or overloaded.
var ErrUnreachable = errors.New("metrics endpoint unreachable")

// accept asks for the text format. OpenMetrics is not asked for: Python servers
// would prefer it and it costs more to parse, but a server that has nothing
// else may send it.
const accept = "text/plain;version=0.0.4, */*;q=0.1"

// Scraper reads replicas' metrics pages, and once per process what else a replica
// says about itself.
type Scraper struct {
	client  *http.Client
	engines engine.Registry
	infos   infos
}

// New makes a scraper. The client's transport decides which addresses may be
// reached, and the context of each call how long it may take.
func New(client *http.Client, engines engine.Registry) *Scraper {
	return &Scraper{client: client, engines: engines}
}

// Read takes one reading of the replica at a base URL ("http://10.0.0.7:8000").
// Its errors wrap ErrUnreachable or ErrMalformed, and the context's error where
// that is the cause; an unknown engine kind is neither. Safe for concurrent use.
func (s *Scraper) Read(ctx context.Context, fleet serving.Fleet, endpoint string) (serving.Reading, error) {
	e, err := s.engines.Engine(fleet.Config.Engine)
	if err != nil {
		return serving.Reading{}, fmt.Errorf("scrape %s: %w", endpoint, err)
	}
	page, taken, err := fetch(ctx, s.client, base(endpoint)+"/metrics")
	if err != nil {
		return serving.Reading{}, fmt.Errorf("scrape %s: %w", endpoint, err)
	}
	reading := s.engines.Check(fleet.Config.Engine, page, e.Read(page))
	reading.Endpoint = endpoint
	reading.TakenUnix = float64(taken.UnixNano()) / float64(time.Second)
	return s.complete(ctx, e, reading), nil
}

// base is a base URL without the slash that people add.
func base(endpoint string) string { return strings.TrimRight(endpoint, "/") }

// fetch also says when the page was taken: as its first byte arrived, which is
// when the server had gathered the numbers.
func fetch(ctx context.Context, client *http.Client, url string) (engine.Families, time.Time, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	request.Header.Set("Accept", accept)
	response, err := client.Do(request)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer response.Body.Close()
	taken := time.Now()
	switch {
	case response.StatusCode >= 500:
		return nil, taken, fmt.Errorf("%w: status %s", ErrUnreachable, response.Status)
	case response.StatusCode != http.StatusOK:
		return nil, taken, fmt.Errorf("%w: status %s", ErrMalformed, response.Status)
	}
	body, err := uncompressed(response)
	if err != nil {
		return nil, taken, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	page, err := Parse(body, response.Header.Get("Content-Type"))
	switch {
	case err == nil || errors.Is(err, ErrMalformed):
		return page, taken, err
	case errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum):
		return nil, taken, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil, taken, fmt.Errorf("%w: %w", ErrUnreachable, err) // the connection broke within the page
}

// uncompressed undoes gzip where the transport has not: it does so only for
// encodings that it asked for itself, and some servers compress unasked. The
// limit of Parse counts the uncompressed bytes.
func uncompressed(response *http.Response) (io.Reader, error) {
	if !strings.EqualFold(response.Header.Get("Content-Encoding"), "gzip") {
		return response.Body, nil
	}
	return gzip.NewReader(response.Body)
}
