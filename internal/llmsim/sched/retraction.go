package sched

import (
	"cmp"
	"slices"
)

// tokenRatio is the part of running requests' remaining answers that SGLang's
// admission keeps free. It starts high, falls with every decode step, and rises
// when it has proved too low.
type tokenRatio struct {
	now, first, least, step float64
}

// Constants of the ratio (srt/environ.py).
const (
	firstRatio  = 0.7
	leastFactor = 0.14
	decaySteps  = 600
)

func newTokenRatio(conservativeness float64) tokenRatio {
	first := min(firstRatio*conservativeness, 1)
	least := min(first*leastFactor, 1)
	return tokenRatio{now: first, first: first, least: least, step: (first - least) / decaySteps}
}

func (t *tokenRatio) reset() { t.now = t.first }
func (t *tokenRatio) decay() { t.now = max(t.now-t.step, t.least) }

// relearn sets the ratio to what the requests that stay have shown.
func (t *tokenRatio) relearn(stay []*Request) {
	generated, asked := 0, 1
	for _, r := range stay {
		generated += r.Generated + retractDecodeSteps
		asked += r.asks()
	}
	t.now = min(float64(generated)/float64(asked), 1)
}

// retract sends requests back to the queue until the others can decode, and says
// whether it had to. Those that have generated least go first, and among them
// those with the longest prompts.
func (g *sglang) retract(s *Scheduler) bool {
	if g.needed(s, s.running) <= s.pool.free {
		return false
	}
	stay := g.decoding(s)
	slices.SortStableFunc(stay, func(a, b *Request) int {
		return cmp.Or(cmp.Compare(b.Generated, a.Generated), cmp.Compare(len(a.Prompt), len(b.Prompt)))
	})
	for g.needed(s, stay) > s.pool.free {
		if len(stay) == 1 && g.chunked != nil {
			g.takeBack(s, g.chunked) // the prompt that is in the way of the last one
			g.chunked = nil
			continue
		}
		g.takeBack(s, stay[len(stay)-1])
		stay = stay[:len(stay)-1]
	}
	g.ratio.relearn(stay)
	return true
}

func (*sglang) decoding(s *Scheduler) []*Request {
	var out []*Request
	for _, r := range s.running {
		if r.decoding() {
			out = append(out, r)
		}
	}
	return out
}

// needed is the number of new pages that a decode step of those among the
// requests that decode takes.
func (*sglang) needed(s *Scheduler, requests []*Request) int {
	pages := 0
	for _, r := range requests {
		if !r.decoding() {
			continue
		}
		pages += max(0, blocksFor(r.computed+1+s.drafts(r), s.limits.BlockSize)-len(r.blocks))
	}
	return pages
}

// takeBack queues a running request behind those that wait.
func (*sglang) takeBack(s *Scheduler, r *Request) {
	s.running = slices.DeleteFunc(s.running, func(q *Request) bool { return q == r })
	s.giveUp(r)
	s.waiting = append(s.waiting, r)
}
