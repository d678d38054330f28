package canary

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// The healthy engine under its usual load.
const (
	usualRate       = 10.0 // requests/s of the fleet
	medianTTFT      = 0.15 // seconds
	medianITL       = 0.02
	meanTokens      = 120.0
	ttftSigma       = 0.6
	itlSigma        = 0.15
	tokensSigma     = 0.6
	healthyFailures = 0.002
	// Of the state in which an engine meets requests, as in bench-statistics "as
	// engines do": rho of it stays to the next request, noise is of each alone.
	rho   = 0.9
	noise = 0.7
)

// arm simulates one variant: requests arrive at random by its share, in the
// state its engine is in, and its counters are those of an engine's page.
type arm struct {
	variant serving.Variant
	plant   Plant
	planted bool // it has the plant's differences
	random  *rand.Rand

	started  float64 // of its present process, seconds since 1970
	born     float64 // of its first one
	until    float64 // simulated up to
	state    float64
	failing  bool
	pending  []request
	hanging  []float64 // when requests arrived that never end
	finished []serving.RequestSample
	page     serving.Reading
	routed   serving.ArmCounters
}

type request struct {
	arrived float64
	sample  serving.RequestSample
	tokens  float64
}

// Bounds of vLLM's own histograms (vllm/v1/metrics/loggers.py).
var (
	ttftBounds   = []float64{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560}
	itlBounds    = []float64{0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80}
	e2eBounds    = []float64{0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680}
	lengthBounds = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}
)

func newArm(v serving.Variant, p Plant, seed uint64, now float64) *arm {
	a := &arm{variant: v, plant: p, planted: v == serving.Canary || p.Everywhere, started: now, born: now, until: now,
		random: rand.New(rand.NewPCG(seed, uint64(len(v))<<8+uint64(v[0]))), routed: serving.ArmCounters{Variant: v, Epoch: "1"}}
	a.page = emptyPage()
	return a
}

func emptyPage() serving.Reading {
	h := func(bounds []float64) *serving.Histogram {
		return &serving.Histogram{Bounds: bounds, Counts: make([]float64, len(bounds))}
	}
	return serving.Reading{Engine: serving.VLLM, TTFT: h(ttftBounds), ITL: h(itlBounds), E2E: h(e2eBounds), OutputLengths: h(lengthBounds),
		FinishedByReason: map[string]float64{"stop": 0}, Preemptions: serving.Known(0), GenerationTokens: serving.Known(0), PromptTokens: serving.Known(0)}
}

// advance simulates up to now at a request rate, under a canary weight.
func (a *arm) advance(now, rate float64, weight int) {
	for t := a.until; rate > 0; {
		t += a.random.ExpFloat64() / rate
		if t > now {
			break
		}
		a.arrive(t, a.ill(t, weight))
	}
	a.until = now
	left := a.pending[:0]
	for _, r := range a.pending {
		if r.sample.EndedUnix > now {
			left = append(left, r)
			continue
		}
		a.end(r)
	}
	a.pending = left
	if a.planted && a.plant.RestartEvery > 0 && now-a.started >= a.plant.RestartEvery {
		a.started, a.page = now, emptyPage()
	}
}

// ill says whether the plant shows at that time.
func (a *arm) ill(t float64, weight int) bool {
	p := a.plant
	if !a.planted || weight < p.AfterWeight || t-a.born < p.AfterSecond {
		return false
	}
	return p.FlapSeconds == 0 || math.Mod(t-a.born, p.FlapSeconds) >= p.FlapSeconds/2
}

func (a *arm) arrive(t float64, ill bool) {
	p := Plant{Sigma: a.plant.Sigma}.withDefaults()
	if ill {
		p = a.plant
	}
	r := a.random
	a.state = rho*a.state + math.Sqrt(1-rho*rho)*r.NormFloat64()
	z := math.Sqrt(1-noise)*a.state + math.Sqrt(noise)*r.NormFloat64()
	ttft := medianTTFT * p.TTFT * math.Exp(ttftSigma*p.Sigma*z) * math.Pow(p.Fading, (t-a.born)/3600)
	if z > slowestTenth {
		ttft *= p.Tail
	}
	if a.planted && t-a.born < a.plant.ColdSeconds {
		ttft *= a.plant.ColdFactor
	}
	itl := medianITL * p.ITL * math.Exp(itlSigma*r.NormFloat64())
	tokens := math.Ceil(meanTokens * p.Lengths * math.Exp(tokensSigma*r.NormFloat64()-tokensSigma*tokensSigma/2))
	a.routed.Requests++
	if r.Float64() < p.Hang {
		a.hanging = append(a.hanging, t)
		return
	}
	s := serving.RequestSample{EndedUnix: t + ttft + itl*(tokens-1), TTFTSeconds: serving.Known(ttft), ITLSeconds: serving.Known(itl),
		E2ESeconds: serving.Known(ttft + itl*(tokens-1)), Tokens: int(tokens)}
	switch {
	case a.fails(healthyFailures+p.Errors, p.Burst):
		s = serving.RequestSample{EndedUnix: t + 0.01, Failed: true}
	case r.Float64() < p.Broken:
		s.Failed, s.E2ESeconds, s.EndedUnix = true, serving.Unknown(), t+ttft+itl*tokens/2
	}
	if a.page.Preemptions.IsKnown() && r.Float64() < p.Preemptions {
		a.page.Preemptions = a.page.Preemptions.Plus(serving.Known(1))
	}
	a.pending = append(a.pending, request{t, s, tokens})
}

// slowestTenth is the 90% quantile of the standard normal.
const slowestTenth = 1.2815515655446004

// fails draws failures at the rate that come in bursts of the mean length.
func (a *arm) fails(rate, burst float64) bool {
	switch {
	case burst <= 1:
		a.failing = a.random.Float64() < rate
	case a.failing:
		a.failing = a.random.Float64() >= 1/burst
	default:
		a.failing = a.random.Float64() < rate/(burst*(1-rate))
	}
	return a.failing
}

func (a *arm) end(r request) {
	a.finished = append(a.finished, r.sample)
	if r.sample.Failed {
		a.routed.Failed++
		return
	}
	ttft, _ := r.sample.TTFTSeconds.Get()
	itl, _ := r.sample.ITLSeconds.Get()
	e2e, _ := r.sample.E2ESeconds.Get()
	count(a.page.TTFT, ttft, 1)
	count(a.page.ITL, itl, r.tokens-1)
	count(a.page.E2E, e2e, 1)
	count(a.page.OutputLengths, r.tokens, 1)
	a.page.FinishedByReason["stop"]++
	a.page.GenerationTokens = a.page.GenerationTokens.Plus(serving.Known(r.tokens))
}

func count(h *serving.Histogram, v, n float64) {
	h.Count += n
	h.Sum += v * n
	for i := len(h.Bounds) - 1; i >= 0 && v <= h.Bounds[i]; i-- {
		h.Counts[i] += n
	}
}

// observe is what a router with single requests reports.
func (a *arm) observe(since, until float64) serving.ArmObservation {
	o := serving.ArmObservation{Variant: a.variant, WindowSeconds: until - since, SinceUnix: since, Running: a.running(until)}
	o.Samples = make([]serving.RequestSample, 0, len(a.finished))
	for _, s := range a.finished {
		if s.EndedUnix < since || s.EndedUnix >= until {
			continue
		}
		o.Samples = append(o.Samples, s)
		o.Requests++
		if s.Failed {
			o.Failed++
		}
	}
	return o
}

// running is what has not ended.
func (a *arm) running(now float64) []serving.RunningRequest {
	out := make([]serving.RunningRequest, 0, len(a.hanging)+len(a.pending))
	for _, arrived := range a.hanging {
		out = append(out, serving.RunningRequest{AgeSeconds: now - arrived, AwaitsToken: true})
	}
	for _, r := range a.pending {
		one := serving.RunningRequest{AgeSeconds: now - r.arrived, TTFTSeconds: r.sample.TTFTSeconds}
		if ttft, known := one.TTFTSeconds.Get(); !known || ttft > one.AgeSeconds {
			one.TTFTSeconds, one.AwaitsToken = serving.Unknown(), true
		}
		out = append(out, one)
	}
	return out
}

// reading is what the engine's page says; the histograms go on in place, so it
// takes copies.
func (a *arm) reading(now float64, endpoint string, ill bool) serving.Reading {
	r := a.page
	for _, h := range []**serving.Histogram{&r.TTFT, &r.ITL, &r.E2E, &r.OutputLengths} {
		copied := **h
		copied.Counts = slices.Clone(copied.Counts)
		*h = &copied
	}
	r.FinishedByReason = map[string]float64{"stop": a.page.FinishedByReason["stop"]}
	r.TakenUnix, r.Endpoint, r.ProcessStartedUnix = now, endpoint, serving.Known(a.started)
	kv, queue := 0.4+0.05*a.random.NormFloat64(), math.Max(0, 0.5+0.5*a.random.NormFloat64())
	if ill {
		kv += a.plant.Creep * (now - a.born) / 3600
		queue += a.plant.Queue
	}
	r.KVUsage, r.Waiting, r.Running = serving.Known(min(max(kv, 0), 1)), serving.Known(queue), serving.Known(8)
	return r
}
