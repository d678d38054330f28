package watch

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// upset is what happens to a fleet, and when.
type upset string

const (
	slow  upset = "slow answers"  // stable breaks its objective
	moved upset = "moved weights" // somebody moved traffic
)

// simulated is the world of all fleets: each has a router that answers from
// memory with as many samples as a real one keeps of a window, and is upset at an
// instant of its own.
type simulated struct {
	began   time.Time
	fleets  map[string]*simulatedFleet
	samples int
	looks   atomic.Int64
}

type simulatedFleet struct {
	kind upset
	at   time.Duration // since the beginning
}

func (s *simulated) upset(fleet string) (upset, bool) {
	f := s.fleets[fleet]
	return f.kind, time.Since(s.began) >= f.at
}

// Traffic implements activities.WatchedRouter.
func (s *simulated) Traffic(_ context.Context, fleet serving.Fleet) (serving.Traffic, error) {
	s.looks.Add(1)
	weights := serving.AllStable(1)
	if kind, now := s.upset(fleet.Name); now && kind == moved {
		weights.Shares = []serving.Share{{Variant: serving.Stable, Percent: 75}, {Variant: serving.Canary, Percent: 25}}
	}
	return serving.Traffic{Weights: weights, Backends: []serving.Backend{{Variant: serving.Stable, Endpoints: []string{"http://a", "http://b"}}}}, nil
}

// Observe implements activities.WatchedRouter.
func (s *simulated) Observe(_ context.Context, fleet serving.Fleet, since, until float64) ([]serving.ArmObservation, error) {
	ttft := 0.2
	if kind, now := s.upset(fleet.Name); now && kind == slow {
		ttft = 5
	}
	arm := serving.ArmObservation{Variant: serving.Stable, WindowSeconds: until - since, Requests: s.samples, Samples: make([]serving.RequestSample, s.samples)}
	for i := range arm.Samples {
		wobble := 1 + 0.3*float64(i%10)/10
		arm.Samples[i] = serving.RequestSample{EndedUnix: until - float64(i)/float64(s.samples), Tokens: 100,
			TTFTSeconds: serving.Known(ttft * wobble), ITLSeconds: serving.Known(0.02 * wobble), E2ESeconds: serving.Known(ttft + 2*wobble)}
	}
	return []serving.ArmObservation{arm}, nil
}

// Counters implements activities.WatchedRouter: the router keeps samples, so its
// counters are not needed.
func (s *simulated) Counters(context.Context, serving.Fleet) ([]serving.ArmCounters, error) {
	return nil, nil
}

// Describe implements activities.Describer.
func (s *simulated) Describe(_ context.Context, fleet serving.Fleet) ([]serving.VariantStatus, error) {
	return []serving.VariantStatus{{Fleet: fleet.Name, Variant: serving.Stable, Config: fleet.Config, Endpoints: []string{"http://a", "http://b"}}}, nil
}

// Watch implements activities.Scraper: engines that are read and say little.
func (s *simulated) Watch(_ context.Context, fleet serving.Fleet, endpoints []string, window float64) ([][]serving.Reading, error) {
	now := float64(time.Now().UnixMilli()) / 1000
	out := make([][]serving.Reading, len(endpoints))
	for i, e := range endpoints {
		for _, at := range []float64{now - window, now} {
			out[i] = append(out[i], serving.Reading{TakenUnix: at, Endpoint: e, Engine: fleet.Config.Engine,
				Running: serving.Known(8), GenerationTokens: serving.Known(at)})
		}
	}
	return out, nil
}

// SaveSnapshot implements activities.SnapshotStore.
func (s *simulated) SaveSnapshot(context.Context, string, serving.Variant, serving.Snapshot) error {
	return nil
}

// Owners implements activities.Owners: nobody is changing anything.
func (s *simulated) Owners(context.Context, string) (serving.Ownership, error) {
	return serving.Ownership{}, nil
}

// SLOCountedUntil and those below implement activities.SLOBook: everything is
// taken and nothing kept.
func (s *simulated) SLOCountedUntil(context.Context, string) (time.Time, error) { return s.began, nil }

// AddSLOCounts takes counts.
func (s *simulated) AddSLOCounts(context.Context, string, time.Time, time.Time, []slo.Count) error {
	return nil
}

// SLOTallies has none.
func (s *simulated) SLOTallies(context.Context, string, time.Time) ([]slo.Tally, error) {
	return nil, nil
}

// SightViolation takes sightings.
func (s *simulated) SightViolation(context.Context, string, int, time.Time) error { return nil }

// fleet is the n-th fleet's record.
func fleet(n int) serving.Fleet {
	return serving.Fleet{Name: fmt.Sprintf("fleet-%04d", n), Replicas: 2,
		Config: serving.EngineConfig{Engine: serving.VLLM, Model: "m", Flags: []serving.Flag{{Name: "--max-num-seqs", Value: "64"}}},
		SLOs: []serving.Objective{{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 1},
			{Name: "itl-p95", Metric: serving.MetricITL, Quantile: 0.95, Threshold: 0.1},
			{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01}}}
}
