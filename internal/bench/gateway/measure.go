package gateway

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/optiinfra/performance-agent/internal/bench/self"
	"github.com/optiinfra/performance-agent/internal/bench/vegeta"
)

// Names of the ways.
const (
	Direct = "direct"
	Ours   = "our gateway"
	Peers  = "HAProxy"
)

// Effort is how much is measured.
type Effort struct {
	Rounds int
	Length time.Duration // of one load on one way
}

// Short takes two minutes in all, Full eight.
func Short() Effort { return Effort{Rounds: 3, Length: 3 * time.Second} }

// Full is for figures that are published.
func Full() Effort { return Effort{Rounds: 7, Length: 5 * time.Second} }

// Point is how one way did in one round.
type Point struct {
	vegeta.Report
	// CPUMicros is the proxy's own processor time of a request, 0 where there is no
	// proxy.
	CPUMicros float64 `json:"cpu_us"`
}

// Loads of a kind of traffic.
const (
	clients = 32 // of a closed loop
	// openShare of the slowest way's maximum is offered in the open loop: no way is
	// near its limit there, and queues tell nothing.
	openShare = 0.3
	// pacedRate in streams a second keeps fifty on their way.
	pacedRate = 50
)

// Traffic is what is sent.
type Traffic struct {
	Name string `json:"name"`
	// Closed and Open are the rounds of each way, by its name.
	Closed map[string][]Point `json:"closed"`
	Open   map[string][]Point `json:"open"`
	Rate   int                `json:"open_rate_per_second"`
}

func measure(ctx context.Context, s *site, effort Effort) ([]Traffic, error) {
	whole := Traffic{Name: "whole answers"}
	var err error
	if whole.Closed, err = s.rounds(ctx, effort, pathWhole, 0); err != nil {
		return nil, err
	}
	whole.Rate = openRate(whole.Closed)
	if whole.Open, err = s.rounds(ctx, effort, pathWhole, whole.Rate); err != nil {
		return nil, err
	}
	streams := Traffic{Name: fmt.Sprintf("streams of %d tokens", tokens), Rate: pacedRate}
	if streams.Closed, err = s.rounds(ctx, effort, pathFast, 0); err != nil {
		return nil, err
	}
	if streams.Open, err = s.rounds(ctx, effort, pathPaced, pacedRate); err != nil {
		return nil, err
	}
	return []Traffic{whole, streams}, nil
}

// openRate is one that each way carries easily.
func openRate(closed map[string][]Point) int {
	slowest := math.Inf(1)
	for _, rounds := range closed {
		slowest = min(slowest, median(rounds, perSecond))
	}
	return max(1, int(slowest*openShare))
}

// rounds takes all ways in turn.
func (s *site) rounds(ctx context.Context, effort Effort, path string, rate int) (map[string][]Point, error) {
	out := map[string][]Point{}
	for range effort.Rounds {
		for _, w := range s.ways {
			p, err := s.point(ctx, w, path, vegeta.Load{Rate: rate, Workers: workers(rate), Length: effort.Length, Timeout: 30 * time.Second})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", w.name, err)
			}
			out[w.name] = append(out[w.name], p)
		}
	}
	return out, nil
}

func workers(rate int) int {
	if rate == 0 {
		return clients
	}
	return 1024
}

func (s *site) point(ctx context.Context, w way, path string, load vegeta.Load) (Point, error) {
	before, err := processorTime(w)
	if err != nil {
		return Point{}, err
	}
	target := vegeta.Target{Method: http.MethodPost, URL: w.url + path, Body: []byte(`{"model":"bench","prompt":"hello","stream":true}`),
		Header: http.Header{"Content-Type": {"application/json"}}}
	r, err := vegeta.Attack(ctx, s.vegeta, []vegeta.Target{target}, load)
	if err != nil {
		return Point{}, err
	}
	after, err := processorTime(w)
	if err != nil {
		return Point{}, err
	}
	if r.Requests == 0 {
		return Point{}, fmt.Errorf("no request was sent in %s", load.Length)
	}
	return Point{r, float64((after - before).Microseconds()) / float64(r.Requests)}, nil
}

func processorTime(w way) (time.Duration, error) {
	if w.pid == 0 {
		return 0, nil
	}
	u, err := self.UsageOf(w.pid)
	return u.CPU, err
}

func perSecond(p Point) float64 { return p.GoodPerSecond }

// median of the rounds.
func median(rounds []Point, of func(Point) float64) float64 {
	var values []float64
	for _, p := range rounds {
		values = append(values, of(p))
	}
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return 0
	}
	return (values[(n-1)/2] + values[n/2]) / 2
}
