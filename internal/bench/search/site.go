package search

import (
	"fmt"
	"math"
	"math/bits"
	"sync"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Site is a case on hardware with hidden factors: what the strategies measure.
// What was measured once is remembered, so that strategies that ask for the same
// share the cost, and configurations that resolve to the same engine share all.
// It is safe for concurrent use.
type Site struct {
	Case   Case
	Hidden Hidden
	Fleet  serving.Fleet
	Engine engine.Engine

	tuning perfmodel.Tuning
	mu     sync.Mutex
	limits map[question][]answer
	loads  map[stream]*arrivals
}

// load is a traffic of a length, in times of an allowed request, drawn from a seed.
type load struct {
	length float64
	seed   uint64
}

// question is what a measurement depends on, beside the size of the KV cache.
type question struct {
	engine string // as resolved
	load
	procedure string
}

// answer is a limit that was found with so many blocks of KV cache, of which peak
// were used.
type answer struct {
	blocks, peak int
	limit        limit
}

// holds says whether another size of the cache would have given the same: where
// neither was ever close to full.
func (a answer) holds(blocks int, shared bool) bool {
	return a.blocks == blocks || !shared && float64(a.peak) < notFull*float64(min(a.blocks, blocks))
}

// notFull is the share of the blocks in use below which no scheduler looks at them;
// admission leaves some per cent free.
const notFull = 0.85

// stream is a traffic of so many requests; that of more begins like that of fewer.
type stream struct {
	requests int
	seed     uint64
}

type arrivals struct {
	once sync.Once
	list []llmsim.Arrival // at one request a second
}

// NewSite plants a case on hardware of a draw.
func NewSite(c Case, draw string, e engine.Engine) (*Site, error) {
	f, err := c.fleet(e)
	if err != nil {
		return nil, err
	}
	h, err := drawHidden(c, f.Config, f.Hardware, draw)
	if err != nil {
		return nil, err
	}
	return &Site{Case: c, Hidden: h, Fleet: f, Engine: e, tuning: h.tuning(), limits: map[question][]answer{}, loads: map[stream]*arrivals{}}, nil
}

// start launches the engine of a configuration, or says why it does not start.
func (s *Site) start(cfg serving.EngineConfig) (perfmodel.Model, error) {
	if problems := s.Engine.Validate(cfg, s.Fleet.Hardware); len(problems) > 0 {
		return perfmodel.Model{}, fmt.Errorf("the engine refuses: %w", problems[0])
	}
	m, err := perfmodel.NewWith(cfg, s.Fleet.Hardware, s.tuning)
	if err != nil {
		return m, err
	}
	if share := m.Settings().GPUMemoryUtilization; share > s.Hidden.MostMemory {
		return m, fmt.Errorf("CUDA out of memory: a share of %.2f is more than there is", share)
	}
	return m, nil
}

// resolved tells engines apart that behave differently with a KV cache of the same
// size.
func resolved(cfg serving.EngineConfig, m perfmodel.Model) string {
	s := m.Settings()
	s.GPUMemoryUtilization = 0 // acts through the blocks only
	return fmt.Sprintf("%s %d %+v", cfg.Model, m.HostBlocks(), s)
}

// traffic is the load for a rate: its requests at one a second, and how many of them
// only fill the batch. It is made once and only read.
func (s *Site) traffic(l load, rate float64, longest int) (list []llmsim.Arrival, warm int) {
	allowed := s.allowedSeconds()
	warm = int(math.Ceil(allowed * rate))
	counted := max(int(math.Ceil((l.length-1)*allowed*rate)), int(leastCounted*(l.length-1)/(wholeTrial-1)))
	return s.stream(warm+counted, l.seed, longest)[:warm+counted], warm
}

// allowedSeconds is the E2E that the objectives on the first token and the gaps
// allow a request of mean length.
func (s *Site) allowedSeconds() float64 {
	seconds := 0.0
	for _, o := range s.Case.Plant.SLOs {
		switch o.Metric {
		case serving.MetricTTFT:
			seconds += o.Threshold
		case serving.MetricITL:
			seconds += o.Threshold * (s.Case.Plant.Output.Mean - 1)
		}
	}
	return seconds
}

// stream are at least n requests.
func (s *Site) stream(n int, seed uint64, longest int) []llmsim.Arrival {
	key := stream{1 << bits.Len(uint(n)), seed}
	s.mu.Lock()
	a := s.loads[key]
	if a == nil {
		a = &arrivals{}
		s.loads[key] = a
	}
	s.mu.Unlock()
	a.once.Do(func() {
		a.list = s.Case.Plant.Arrivals(key.requests, 1, longest, seed)
		if s.Case.Plant.Shared == 0 {
			forgetWords(a.list)
		}
	})
	return a.list
}

// forgetWords keeps the lengths of prompts that share nothing.
func forgetWords(list []llmsim.Arrival) {
	longest := 0
	for _, a := range list {
		longest = max(longest, len(a.Prompt))
	}
	blank := make([]sched.Token, longest)
	for i := range list {
		list[i].Prompt = blank[:len(list[i].Prompt)]
	}
}

// ask answers a question of an engine with so many blocks, from memory if it was
// answered before. Two who ask at once may both work; they find the same.
func (s *Site) ask(q question, blocks int, find func() (limit, int)) limit {
	shared := s.Case.Plant.Shared > 0
	s.mu.Lock()
	for _, a := range s.limits[q] {
		if a.holds(blocks, shared) {
			s.mu.Unlock()
			return a.limit
		}
	}
	s.mu.Unlock()
	l, peak := find()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits[q] = append(s.limits[q], answer{blocks, peak, l})
	return l
}
