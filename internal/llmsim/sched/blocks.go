package sched

import "github.com/optiinfra/performance-agent/internal/perfmodel"

// hit is the part of a request's beginning that is in the prefix cache: blocks on
// the GPU, then blocks in the host's memory that are to be copied.
type hit struct {
	blocks []int32 // valid until the next look-up
	host   int     // blocks
}

func (h hit) size() int { return len(h.blocks) + h.host }

// lookUp finds the longest prefix that is in the cache. At least one token is left
// to compute, since something must produce the next one.
func (s *Scheduler) lookUp(r *Request) hit {
	if !s.limits.PrefixCaching {
		return hit{}
	}
	r.extendHashes(s.limits.BlockSize)
	most := min(len(r.hashes), (r.known()-1)/s.limits.BlockSize)
	found := hit{blocks: s.found[:0]}
	for _, h := range r.hashes[:most] {
		id, ok := s.pool.find(h)
		if !ok || found.host > 0 {
			if !s.pool.host.touch(h) {
				break
			}
			found.host++
			continue
		}
		found.blocks = append(found.blocks, id)
	}
	s.found = found.blocks
	return found
}

// freeAmong counts the blocks of a hit that no running request holds: they are
// on the free list themselves.
func (s *Scheduler) freeAmong(h hit) int {
	n := 0
	for _, id := range h.blocks {
		if s.pool.isFree(id) {
			n++
		}
	}
	return n
}

// fits reports whether blocks up to the given token can be had beside a hit. A
// hit that no running request holds costs one, too, and so does a block that is
// copied.
func (s *Scheduler) fits(h hit, upTo int) bool {
	need := blocksFor(upTo, s.limits.BlockSize) - len(h.blocks) + s.freeAmong(h)
	return need <= s.pool.free-s.limits.Watermark
}

// start moves a request from the queue to the running ones; the caller has taken
// it off the queue.
func (s *Scheduler) start(r *Request, h hit, now float64) {
	for _, id := range h.blocks {
		s.pool.share(id)
	}
	r.blocks = append(r.blocks, h.blocks...)
	r.named = len(h.blocks)
	s.reserve(r, h.size()*s.limits.BlockSize)
	s.nameBlocks(r, h.size()*s.limits.BlockSize)
	r.computed = h.size() * s.limits.BlockSize
	r.state = stateRunning
	s.now.Admitted++
	s.batch.HostTokens += h.host * s.limits.BlockSize
	s.running = append(s.running, r)
	if r.Preemptions > 0 {
		return // the engine counts a request's look-up once
	}
	r.Times.Scheduled = now
	r.Cached = r.computed
	if s.limits.PrefixCaching {
		s.stats.PrefixQueries += len(r.Prompt)
		s.stats.PrefixHits += len(h.blocks) * s.limits.BlockSize
		s.stats.HostHits += h.host * s.limits.BlockSize
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
