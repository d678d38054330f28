package whatif

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/llmsim"
)

// generated makes the requests of a Traffic one at a time.
type generated struct {
	traffic Traffic
	seed    uint64
	prompts prompts

	stage int     // the present one
	start float64 // when it began
	sent  int     // of it
	total int     // of all
	gaps  random
	drawn float64 // sum of the stage's gaps so far, before scaling
	scale float64
}

// newGenerated prepares the traffic; the caller has checked it.
func newGenerated(t Traffic, seed uint64) *generated {
	g := &generated{traffic: t, seed: seed, prompts: newPrompts(t, seed), stage: -1}
	g.nextStage()
	return g
}

// nextStage begins a stage. Its gaps are drawn twice from the same seed, once for
// their sum, so that they need not be kept.
func (g *generated) nextStage() {
	if g.stage >= 0 {
		g.start += g.traffic.Stages[g.stage].Seconds
	}
	g.stage++
	g.sent, g.drawn = 0, 0
	if g.stage >= len(g.traffic.Stages) {
		return
	}
	s := g.traffic.Stages[g.stage]
	if g.traffic.Arrival == Poisson {
		rehearsal, sum := g.stageRandom(), 0.0
		for range s.requests() {
			sum += rehearsal.exponential()
		}
		g.scale = s.Seconds / sum
	}
	g.gaps = g.stageRandom()
}

func (g *generated) stageRandom() random {
	return random{state: g.seed*0x9e3779b97f4a7c15 + uint64(g.stage)}
}

func (g *generated) next() (request, bool, error) {
	for g.stage < len(g.traffic.Stages) && g.sent == g.traffic.Stages[g.stage].requests() {
		g.nextStage()
	}
	if g.stage >= len(g.traffic.Stages) {
		return request{}, false, nil
	}
	r := request{stage: g.stage, Arrival: llmsim.Arrival{
		AtSeconds: g.arrival(), Prompt: g.prompts.of(g.total), Output: g.traffic.Output,
	}}
	g.sent++
	g.total++
	return r, true, nil
}

func (g *generated) arrival() float64 {
	if g.traffic.Arrival == Constant {
		return g.start + float64(g.sent)/g.traffic.Stages[g.stage].Rate
	}
	g.drawn += g.gaps.exponential()
	return g.start + g.drawn*g.scale
}

// random is SplitMix64; the run must repeat exactly for a seed on every platform.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *random) exponential() float64 {
	return -math.Log((float64(r.next()>>11) + 0.5) / (1 << 53))
}
