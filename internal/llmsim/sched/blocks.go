package sched

import "github.com/optiinfra/performance-agent/internal/perfmodel"

// cachedBlocks finds the longest prefix that is in the cache. At least one token
// is left to compute, since something must produce the next one.
func (s *Scheduler) cachedBlocks(r *Request) []int32 {
	if !s.limits.PrefixCaching {
		return nil
	}
	r.extendHashes(s.limits.BlockSize)
	most := min(len(r.hashes), (r.known()-1)/s.limits.BlockSize)
	hit := s.hit[:0]
	for _, h := range r.hashes[:most] {
		id, ok := s.pool.find(h)
		if !ok {
			break
		}
		hit = append(hit, id)
	}
	s.hit = hit
	return hit
}

// freeAmong counts the blocks of a hit that no running request holds: they are
// on the free list themselves.
func (s *Scheduler) freeAmong(hit []int32) int {
	n := 0
	for _, id := range hit {
		if s.pool.isFree(id) {
			n++
		}
	}
	return n
}

// fits reports whether blocks up to the given token can be had beside a hit. A
// hit that no running request holds costs one, too.
func (s *Scheduler) fits(hit []int32, upTo int) bool {
	need := blocksFor(upTo, s.limits.BlockSize) - len(hit) + s.freeAmong(hit)
	return need <= s.pool.free-s.limits.Watermark
}

// start moves a request from the queue to the running ones; the caller has taken
// it off the queue.
func (s *Scheduler) start(r *Request, hit []int32, now float64) {
	for _, id := range hit {
		s.pool.share(id)
	}
	r.blocks = append(r.blocks, hit...)
	r.named = len(hit)
	r.computed = len(hit) * s.limits.BlockSize
	r.state = stateRunning
	s.now.Admitted++
	s.running = append(s.running, r)
	if r.Preemptions > 0 {
		return // the engine counts a request's look-up once
	}
	r.Times.Scheduled = now
	r.Cached = r.computed
	if s.limits.PrefixCaching {
		s.stats.PrefixQueries += len(r.Prompt)
		s.stats.PrefixHits += r.Cached
	}
}

// reserve takes blocks for a request up to the given number of tokens.
func (s *Scheduler) reserve(r *Request, tokens int) {
	for want := blocksFor(tokens, s.limits.BlockSize); len(r.blocks) < want; {
		r.blocks = append(r.blocks, s.pool.take())
	}
}

// compute takes the blocks for n more tokens of r and its guesses, and adds them
// to the step.
func (s *Scheduler) compute(r *Request, n, drafts int) {
	s.reserve(r, r.computed+n+drafts)
	if s.policy.names() == nameScheduled {
		s.nameBlocks(r, r.computed+n)
	}
	s.step = append(s.step, share{request: r, tokens: n, drafts: drafts, decode: r.decoding()})
	if r.decoding() {
		s.batch.Decodes++
		s.now.Decodes++
		s.batch.DecodeContextTokens += r.computed + 1
		s.batch.DraftTokens += drafts
		s.now.Drafts += drafts
		return
	}
	s.now.Prefills++
	s.now.Prompt += n
	s.batch.Prefills = append(s.batch.Prefills, perfmodel.Chunk{New: n, Cached: r.computed})
}

// nameBlocks makes findable the full blocks up to a number of computed tokens.
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

// release frees a request's blocks. Those with a name stay cached until they are
// taken.
func (s *Scheduler) release(r *Request) {
	s.pool.release(r.blocks)
	r.blocks = r.blocks[:0]
	r.named = 0
}

// giveUp takes back the blocks of a request that ran; it will be computed again.
// The caller has taken it off the running ones and queues it.
func (s *Scheduler) giveUp(r *Request) {
	s.release(r)
	r.computed = 0
	r.Preemptions++
	s.left++
	s.stats.Preemptions++
	s.stats.PreemptedPrompt += len(r.Prompt)
	s.stats.PreemptedOutput += r.Generated
	r.state = stateWaiting
}
