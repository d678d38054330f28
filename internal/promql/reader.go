package promql

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ErrNotScraped says that the server answers but has nothing of a replica that
// can be believed: it does not scrape it, could not lately, or scrapes it twice.
var ErrNotScraped = errors.New("not scraped")

const (
	// maxAge is how old the last scrape may be, seconds: two missed ones at
	// Prometheus' default interval of a minute, with some slack.
	maxAge = 150.0
	// maxReadings bounds the readings of a replica within a window. Counters need
	// the two at its ends; gauges gain little from more than these.
	maxReadings = 8
	// replicasAtOnce bounds the questions to one server at the same time.
	replicasAtOnce = 8
)

// Reader measures replicas from the Prometheus server that each fleet names.
type Reader struct {
	http    *http.Client
	engines engine.Registry
}

// New makes a reader. The client's transport decides which servers may be
// reached, and the context of each call how long it may take.
func New(client *http.Client, engines engine.Registry) *Reader {
	return &Reader{http: client, engines: engines}
}

// Read is what a replica reported when it was last scraped; the reading's time is
// that of the scrape. Errors wrap ErrUnavailable or ErrNotScraped.
func (r *Reader) Read(ctx context.Context, fleet serving.Fleet, endpoint string) (serving.Reading, error) {
	look, err := r.look(ctx, fleet)
	if err != nil {
		return serving.Reading{}, err
	}
	readings, err := look.readings(ctx, endpoint, 0)
	if err != nil {
		return serving.Reading{}, err
	}
	return readings[len(readings)-1], nil
}

// Watch are the readings of each replica over the window that ends with its last
// scrape: at least so long if the server remembers so much, and two scrapes where
// the window is shorter than their distance. It does not wait.
func (r *Reader) Watch(ctx context.Context, fleet serving.Fleet, endpoints []string, windowSeconds float64) ([][]serving.Reading, error) {
	look, err := r.look(ctx, fleet)
	if err != nil {
		return nil, err
	}
	readings := make([][]serving.Reading, len(endpoints))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(replicasAtOnce)
	for i, endpoint := range endpoints {
		group.Go(func() error {
			of, err := look.readings(ctx, endpoint, windowSeconds)
			if err != nil {
				return &serving.UnreadableError{Endpoint: endpoint, Err: err}
			}
			readings[i] = of
			return nil
		})
	}
	return readings, group.Wait()
}

// look is what all replicas of a fleet have in common.
type look struct {
	client  client
	engines engine.Registry
	engine  engine.Engine
	fleet   serving.Fleet
	types   map[string]string
}

func (r *Reader) look(ctx context.Context, fleet serving.Fleet) (look, error) {
	e, err := r.engines.Engine(fleet.Config.Engine)
	if err != nil {
		return look{}, fmt.Errorf("measure %s: %w", fleet.Name, err)
	}
	l := look{client: client{r.http, fleet.Metrics.Address}, engines: r.engines, engine: e, fleet: fleet}
	// Servers that speak the API without having metadata are understood without.
	if types, err := l.client.types(ctx); err == nil {
		l.types = types
	}
	return l, nil
}

// readings are those of a replica at its last scrape, at the one that lies a
// window before, and at some between.
func (l look) readings(ctx context.Context, endpoint string, windowSeconds float64) ([]serving.Reading, error) {
	selector, err := replicaSelector(l.fleet.Metrics, endpoint)
	if err != nil {
		return nil, err
	}
	last, err := l.lastScrape(ctx, selector)
	if err != nil {
		return nil, err
	}
	times := []float64{last}
	if windowSeconds > 0 {
		if times, err = l.scrapes(ctx, selector, last, windowSeconds); err != nil {
			return nil, err
		}
	}
	var out []serving.Reading
	for _, at := range times {
		reading, err := l.at(ctx, selector, endpoint, at)
		if err != nil {
			return nil, err
		}
		out = append(out, reading)
	}
	return out, nil
}

// lastScrape is when the replica was scraped last. Prometheus forgets the target's
// "up" as soon as it scrapes it no more, so a target that is gone has none.
func (l look) lastScrape(ctx context.Context, selector string) (float64, error) {
	found, err := l.client.instant(ctx, "timestamp(up{"+selector+"})", 0)
	switch {
	case err != nil:
		return 0, err
	case len(found) == 0:
		return 0, fmt.Errorf("%w: no target has {%s}", ErrNotScraped, selector)
	case len(found) > 1:
		return 0, fmt.Errorf("%w alone: %s and %s both have {%s}, narrow metrics.labels", ErrNotScraped,
			target(found[0].labels), target(found[1].labels), selector)
	}
	// The vector's own time is the server's now: the agent's clock may differ.
	if age := found[0].unix - found[0].value; age > maxAge {
		return 0, fmt.Errorf("%w: the last scrape of %s is %.0f s old", ErrNotScraped, target(found[0].labels), age)
	}
	return found[0].value, nil
}

// scrapes are the instants of successful scrapes from a window before the last
// up to it. There is at least the last.
func (l look) scrapes(ctx context.Context, selector string, last, windowSeconds float64) ([]float64, error) {
	// One more interval than the window, so that a scrape before it is found.
	expression := fmt.Sprintf("up{%s}[%dms]", selector, int64((windowSeconds+maxAge)*1000))
	found, err := l.client.samples(ctx, expression, last)
	if err != nil {
		return nil, err
	}
	var up []float64
	for _, s := range found {
		for _, p := range s.points {
			if p.value == 1 {
				up = append(up, p.unix)
			}
		}
	}
	slices.Sort(up)
	if n := len(up); n == 0 || up[n-1] != last {
		return nil, downAt(last)
	}
	return thinned(fromWindow(up, windowSeconds), maxReadings), nil
}

// fromWindow begins with the latest instant that is at least a window before the
// last, or with the first of all.
func fromWindow(times []float64, windowSeconds float64) []float64 {
	start := times[len(times)-1] - windowSeconds
	begin := 0
	for i, at := range times {
		if at <= start {
			begin = i
		}
	}
	return times[begin:]
}

// thinned keeps both ends and at most n in all, evenly.
func thinned(times []float64, n int) []float64 {
	if len(times) <= n {
		return times
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = times[i*(len(times)-1)/(n-1)]
	}
	return out
}

func downAt(unix float64) error {
	return fmt.Errorf("%w: the server could not scrape the replica at %.3f, it is down or its metrics page is", ErrNotScraped, unix)
}

// at is the reading of one scrape. An instant query leaves out what the scrape no
// longer had: the server marks it as gone.
func (l look) at(ctx context.Context, selector, endpoint string, unix float64) (serving.Reading, error) {
	samples, err := l.client.instant(ctx, "{"+selector+"}", unix)
	if err != nil {
		return serving.Reading{}, err
	}
	up := slices.IndexFunc(samples, func(s sample) bool { return s.labels[nameLabel] == "up" })
	if up < 0 || samples[up].value != 1 {
		return serving.Reading{}, downAt(unix)
	}
	page := families(samples, l.types)
	reading := l.engines.Check(l.fleet.Config.Engine, page, l.engine.Read(page))
	reading.Endpoint, reading.TakenUnix = endpoint, unix
	return reading, nil
}
