package sched

import "github.com/optiinfra/performance-agent/internal/perfmodel"

// advance gives each running request its next token or the next chunk of its
// prompt. It reports whether a request had to give up its blocks.
func (s *Scheduler) advance(budget *int) (preempted bool) {
	for i := 0; i < len(s.running) && *budget > 0; i++ {
		r := s.running[i]
		n := min(s.limits.chunk(r.known()-r.computed), *budget)
		lost, evicted := s.makeRoom(r, n)
		preempted = preempted || evicted
		if lost {
			return true
		}
		s.compute(r, n)
		*budget -= n
	}
	return preempted
}

// makeRoom frees blocks for n more tokens of r at the expense of the requests
// admitted last. lost is true when r itself was the last one. Whoever it evicts
// comes after r, so has no part in this step yet.
func (s *Scheduler) makeRoom(r *Request, n int) (lost, evicted bool) {
	for blocksFor(r.computed+n, s.limits.BlockSize)-len(r.blocks) > s.pool.free {
		last := len(s.running) - 1
		victim := s.running[last]
		s.running = s.running[:last]
		s.preempt(victim)
		if victim == r {
			return true, true
		}
		evicted = true
	}
	return false, evicted
}

// preempt sends a request back to the head of the queue. Its blocks stay cached
// until they are taken, so often only their lost tail is computed again.
func (s *Scheduler) preempt(r *Request) {
	s.release(r)
	r.computed = 0
	r.Preemptions++
	s.stats.Preemptions++
	s.stats.PreemptedPrompt += len(r.Prompt)
	s.stats.PreemptedOutput += r.Generated
	r.state = stateWaiting
	s.waiting = append([]*Request{r}, s.waiting...)
}

// compute takes the blocks for n more tokens of r and adds them to the step.
func (s *Scheduler) compute(r *Request, n int) {
	for len(r.blocks) < blocksFor(r.computed+n, s.limits.BlockSize) {
		r.blocks = append(r.blocks, s.pool.take())
	}
	s.nameBlocks(r, r.computed+n)
	s.step = append(s.step, share{request: r, tokens: n})
	if n == 1 && r.computed >= len(r.Prompt) {
		s.batch.Decodes++
		s.now.Decodes++
		s.batch.DecodeContextTokens += r.computed + 1
		return
	}
	s.now.Prefills++
	s.now.Prompt += n
	s.batch.Prefills = append(s.batch.Prefills, perfmodel.Chunk{New: n, Cached: r.computed})
}

// nameBlocks makes findable the blocks that this step fills: a request later in
// the same step may already share them, as in the engine.
func (s *Scheduler) nameBlocks(r *Request, computed int) {
	if !s.limits.PrefixCaching {
		return
	}
	r.extendHashes(s.limits.BlockSize)
	full := min(computed/s.limits.BlockSize, len(r.hashes))
	for ; r.named < full; r.named++ {
		s.pool.remember(r.blocks[r.named], r.hashes[r.named])
	}
}

func (s *Scheduler) release(r *Request) {
	s.pool.release(r.blocks)
	r.blocks = r.blocks[:0]
	r.named = 0
}
