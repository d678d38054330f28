package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// production is a router, a provisioner and a scraper that answer from fields
// and record what they were asked to write.
type production struct {
	mu       sync.Mutex
	looks    []look // one a tick; the last one stays
	tick     int
	variants []serving.VariantStatus
	ignore   bool // the router forgets what it is told
	writes   []string
	ensured  []serving.VariantSpec
	err      error
	inFlight []int // of a draining variant, one a look; the last one stays
	reads    int
	saved    []serving.Snapshot
	open     bool // a rollout is open
	// abandoned is the last rollout when it was ended from outside.
	abandoned *serving.Abandoned
	observed  [][2]float64 // the spans that were asked for
	book      book
	// unreadable is why no engine's page can be read.
	unreadable error
	// unsampled makes it a router that keeps no single requests, but counts them.
	unsampled bool
	counters  []serving.ArmCounters
	// perLook is added to every total after each look at it, and ttft is what the
	// engines' pages show at their n-th reading.
	perLook serving.ArmCounters
	ttft    func(read int) *serving.Histogram
}

// look is what the router reports at one tick.
type look struct {
	weights serving.Weights
	arms    []serving.ArmObservation
}

func (p *production) now() look {
	if len(p.looks) == 0 {
		return look{weights: serving.AllStable(1)}
	}
	return p.looks[min(p.tick, len(p.looks)-1)]
}

func (p *production) Traffic(context.Context, serving.Fleet) (serving.Traffic, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := serving.Traffic{Weights: p.now().weights}
	if len(p.inFlight) > 0 {
		t.Backends = []serving.Backend{{Variant: serving.Canary, InFlight: p.inFlight[0]}}
		if len(p.inFlight) > 1 {
			p.inFlight = p.inFlight[1:]
		}
	}
	return t, p.err
}

func (p *production) Observe(_ context.Context, _ serving.Fleet, since, until float64) ([]serving.ArmObservation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.observed = append(p.observed, [2]float64{since, until})
	arms := p.now().arms
	p.tick++
	if p.unsampled {
		return nil, fmt.Errorf("observe: %w", serving.ErrNoSamples)
	}
	return arms, p.err
}

func (p *production) Counters(context.Context, serving.Fleet) ([]serving.ArmCounters, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counters == nil {
		return nil, serving.ErrNoCounters
	}
	now := slices.Clone(p.counters)
	for i := range p.counters {
		p.counters[i].Requests += p.perLook.Requests
		p.counters[i].Failed += p.perLook.Failed
	}
	return now, p.err
}

func (p *production) SetWeights(_ context.Context, _ serving.Fleet, w serving.Weights) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.writes = append(p.writes, "weights")
	if !p.ignore {
		p.looks = []look{{weights: w}}
	}
	return nil
}

func (p *production) SetEndpoints(_ context.Context, _ serving.Fleet, v serving.Variant, endpoints []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes = append(p.writes, "route "+string(v))
	return p.err
}

func (p *production) Ensure(_ context.Context, _ serving.Fleet, spec serving.VariantSpec) (serving.VariantStatus, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ensured = append(p.ensured, spec)
	return serving.VariantStatus{Variant: spec.Variant, Endpoints: []string{"http://new"}}, p.err
}

func (p *production) Remove(_ context.Context, _ serving.Fleet, v serving.Variant) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes = append(p.writes, "remove "+string(v))
	return p.err
}

func (p *production) Describe(context.Context, serving.Fleet) ([]serving.VariantStatus, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.variants, p.err
}

// Watch reads each endpoint at both ends of the window.
func (p *production) Watch(_ context.Context, fleet serving.Fleet, endpoints []string, _ float64) ([][]serving.Reading, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([][]serving.Reading, len(endpoints))
	for range 2 {
		for i, endpoint := range endpoints {
			p.reads++
			var ttft *serving.Histogram
			if p.ttft != nil {
				ttft = p.ttft(p.reads)
			}
			out[i] = append(out[i], serving.Reading{TTFT: ttft, TakenUnix: float64(p.reads), Endpoint: endpoint, Engine: fleet.Config.Engine,
				Running: serving.Known(4), Waiting: serving.Known(1), GenerationTokens: serving.Known(float64(100 * p.reads))})
		}
	}
	return out, errors.Join(p.err, p.unreadable)
}

func (p *production) SaveSnapshot(_ context.Context, _ string, _ serving.Variant, s serving.Snapshot) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saved = append(p.saved, s)
	return nil
}

func (p *production) Owners(context.Context, string) (serving.Ownership, error) {
	return serving.Ownership{Rollout: p.open, Abandoned: p.abandoned}, nil
}

var chat = serving.Fleet{Name: "chat", Config: serving.EngineConfig{Engine: serving.VLLM, Model: "m"}, Replicas: 2,
	SLOs: []serving.Objective{{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 1}}}

// arm is what the router saw of a variant: n requests with the given TTFT.
func arm(v serving.Variant, n int, ttft float64) serving.ArmObservation {
	o := serving.ArmObservation{Variant: v, WindowSeconds: 15, Requests: n, Running: []serving.RunningRequest{}}
	for i := range n {
		o.Samples = append(o.Samples, serving.RequestSample{EndedUnix: float64(i), Tokens: 10, TTFTSeconds: serving.Known(ttft),
			ITLSeconds: serving.Known(0.01), E2ESeconds: serving.Known(ttft + 1)})
	}
	return o
}

// book keeps counts as the store does, and answers with the tallies it is given.
type book struct {
	mu      sync.Mutex
	until   time.Time
	spans   [][2]time.Time
	counts  []slo.Count
	tallies []slo.Tally
	asked   []time.Time // since when tallies were asked for
	looks   map[string]int
	err     error
}

func (b *book) SLOCountedUntil(context.Context, string) (time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.until, b.err
}

func (b *book) AddSLOCounts(_ context.Context, _ string, from, until time.Time, counts []slo.Count) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spans, b.counts, b.until = append(b.spans, [2]time.Time{from, until}), append(b.counts, counts...), until
	return b.err
}

func (b *book) SLOTallies(_ context.Context, _ string, since time.Time) ([]slo.Tally, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, since)
	return b.tallies, b.err
}

func (b *book) SightViolation(_ context.Context, id string, looks int, _ time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.looks == nil {
		b.looks = map[string]int{}
	}
	b.looks[id] += looks
	return b.err
}
