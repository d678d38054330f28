package sched

// admit lets waiting requests in, first come first served: the first that does
// not fit holds up those behind it.
func (s *Scheduler) admit(budget *int, now float64) {
	for len(s.waiting) > 0 && *budget > 0 && len(s.running) < s.limits.MaxNumSeqs {
		r := s.waiting[0]
		hit := s.cachedBlocks(r)
		cached := len(hit) * s.limits.BlockSize
		n := s.limits.chunk(r.known() - cached)
		if n > *budget && !s.limits.ChunkedPrefill {
			return
		}
		n = min(n, *budget)
		if !s.fits(r, hit, cached+n) {
			return
		}
		s.waiting[0] = nil
		s.waiting = s.waiting[1:]
		s.start(r, hit, now)
		s.compute(r, n)
		*budget -= n
	}
}

// cachedBlocks finds the longest prefix that is in the cache. At least one token
// is left to compute, since something must produce the next one.
func (s *Scheduler) cachedBlocks(r *Request) []int32 {
	if !s.limits.PrefixCaching {
		return nil
	}
	r.extendHashes(s.limits.BlockSize)
	most := min(len(r.hashes), (r.known()-1)/s.limits.BlockSize)
	var hit []int32
	for _, h := range r.hashes[:most] {
		id, ok := s.pool.find(h)
		if !ok {
			break
		}
		hit = append(hit, id)
	}
	return hit
}

// fits reports whether the blocks up to the given token can be had. A hit that
// no running request holds is itself on the free list, so it costs one, too.
func (s *Scheduler) fits(r *Request, hit []int32, upTo int) bool {
	if s.limits.ReserveFullPrompt {
		upTo = r.known()
	}
	need := blocksFor(upTo, s.limits.BlockSize) - len(hit)
	for _, id := range hit {
		if s.pool.isFree(id) {
			need++
		}
	}
	return need <= s.pool.free
}

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
