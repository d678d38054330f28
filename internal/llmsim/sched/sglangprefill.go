package sched

import (
	"cmp"
	"slices"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// prefillBudget is what one prefill step may still take.
type prefillBudget struct {
	input int // tokens of the batch
	chunk int // tokens, when prompts are cut
	// total is the free cache in tokens, less what the requests admitted so far
	// and those running are expected to take.
	total    int
	page     int // tokens
	decoding int // requests that run beside
	slots    int // requests that may be added
	added    int
}

func (g *sglang) budget(s *Scheduler) prefillBudget {
	l := s.limits
	b := prefillBudget{page: l.BlockSize, input: l.SGLang.MaxPrefillTokens, chunk: l.MaxNumBatchedTokens, total: s.pool.free * l.BlockSize}
	for _, r := range s.running {
		if r.decoding() {
			b.decoding++
			b.total -= int(float64(min(r.asks()-r.Generated, clipNewTokens)) * g.ratio.now)
		}
	}
	if b.input == 0 {
		b.input = l.MaxNumBatchedTokens
	}
	if l.SGLang.MixedChunk {
		b.input -= b.decoding
		b.chunk -= b.decoding
		b.total -= b.decoding
	}
	b.slots = l.MaxNumSeqs - b.decoding
	return b
}

func (b *prefillBudget) take(tokens, answer int) {
	b.input -= tokens
	b.chunk -= tokens
	b.total -= blocksFor(tokens, b.page)*b.page + answer
	b.added++
}

// prefill fills the step with prompts; it leaves it empty when none may run.
func (g *sglang) prefill(s *Scheduler, now float64) {
	b, before := g.budget(s), len(s.running)
	if g.chunked != nil {
		g.continueChunk(s, &b)
	}
	if g.chunked == nil && b.slots > b.added {
		g.sort(s)
	}
	for g.chunked == nil && len(s.waiting) > 0 && g.admit(s, &b, now) {
	}
	if g.chunked == nil && len(s.waiting) > 0 && b.added >= b.slots {
		g.stop(s, &b)
	}
	if len(s.step) > 0 && s.limits.SGLang.MixedChunk {
		g.decodeBeside(s, s.running[:before])
	}
}

// decodeBeside lets the requests that ran before decode in the prefill step as far
// as there is room.
func (*sglang) decodeBeside(s *Scheduler, requests []*Request) {
	for _, r := range requests {
		if r.decoding() && blocksFor(r.computed+1, s.limits.BlockSize)-len(r.blocks) <= s.pool.free {
			s.compute(r, 1, 0)
		}
	}
}

// continueChunk computes more of the prompt that was cut.
func (g *sglang) continueChunk(s *Scheduler, b *prefillBudget) {
	r := g.chunked
	left := r.known() - r.computed
	room := (len(r.blocks)+s.pool.free)*s.limits.BlockSize - r.computed
	n := min(left, b.chunk, room)
	if n < 1 {
		return
	}
	answer := 0
	if n == left {
		answer = min(r.asks()-r.Generated, clipNewTokens)
		g.chunked = nil
	}
	s.compute(r, n, 0)
	b.take(n, answer)
}

// admit starts the first waiting request; false when it may not start now.
func (g *sglang) admit(s *Scheduler, b *prefillBudget, now float64) bool {
	r, page := s.waiting[0], s.limits.BlockSize
	if b.added >= b.slots {
		return false
	}
	found := s.lookUp(r)
	fresh := r.known() - found.size()*page
	answer := min(r.asks()-r.Generated, clipNewTokens)
	// The pages of a hit that nobody holds leave the free ones with it, and those
	// that are copied take some.
	held := (s.freeAmong(found) + found.host) * page
	if blocksFor(fresh+answer, page)*page > b.total-held || blocksFor(fresh, page) > s.pool.free-held/page {
		g.stop(s, b)
		return false
	}
	if fresh > b.input && b.added > 0 {
		return false
	}
	n := fresh
	if s.limits.ChunkedPrefill && fresh > b.chunk {
		if n = b.chunk / page * page; n <= 0 {
			return false
		}
		g.chunked, answer = r, 0
	}
	b.total -= held
	s.popWaiting()
	s.start(r, found, now)
	s.compute(r, n, 0)
	b.take(n, answer)
	return true
}

// sort puts the waiting requests into the order of the schedule policy.
func (g *sglang) sort(s *Scheduler) {
	switch s.limits.SGLang.Order {
	case perfmodel.OrderPrefix:
		if len(s.waiting) < 2 || len(s.waiting) > longestSortedQueue {
			return
		}
		for _, r := range s.waiting {
			r.match = s.lookUp(r).size()
		}
		slices.SortStableFunc(s.waiting, func(a, b *Request) int { return cmp.Compare(b.match, a.match) })
	case perfmodel.OrderOutput:
		slices.SortStableFunc(s.waiting, func(a, b *Request) int { return cmp.Compare(b.asks(), a.asks()) })
	}
}
