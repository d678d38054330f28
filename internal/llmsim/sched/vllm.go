package sched

// vllm is the scheduler of vLLM V1, which gives every running request its next
// token or chunk before it admits another, and preempts the youngest when blocks
// run out. With prefillFirst it is V0: whole prompts in steps of their own.
type vllm struct{ prefillFirst bool }

func (vllm) names() naming { return nameScheduled }

func (vllm) refuse(s *Scheduler, r *Request) error {
	return refuseTooLong(len(r.Prompt)+r.asks(), s.limits.MaxModelLen)
}

func (v vllm) form(s *Scheduler, now float64) {
	budget := s.limits.MaxNumBatchedTokens
	if v.prefillFirst {
		if v.admit(s, &budget, now); len(s.step) > 0 {
			return
		}
	}
	if preempted := v.advance(s, &budget); !preempted {
		v.admit(s, &budget, now)
	}
}

// advance gives each running request its next token or the next chunk of its
// prompt. It reports whether a request had to give up its blocks.
func (v vllm) advance(s *Scheduler, budget *int) (preempted bool) {
	for i := 0; i < len(s.running) && *budget > 0; i++ {
		r := s.running[i]
		n := min(s.limits.chunk(r.known()-r.computed), *budget)
		drafts := min(s.drafts(r), *budget-n)
		lost, evicted := v.makeRoom(s, r, n+drafts)
		preempted = preempted || evicted
		if lost {
			return true
		}
		s.compute(r, n, drafts)
		*budget -= n + drafts
	}
	return preempted
}

// makeRoom frees blocks for n more tokens of r at the expense of the requests
// admitted last. lost is true when r itself was the last one. Whoever it evicts
// comes after r, so has no part in this step yet.
func (vllm) makeRoom(s *Scheduler, r *Request, n int) (lost, evicted bool) {
	for blocksFor(r.computed+n, s.limits.BlockSize)-len(r.blocks) > s.pool.free {
		last := len(s.running) - 1
		victim := s.running[last]
		s.running = s.running[:last]
		s.giveUp(victim)
		s.waiting = append([]*Request{victim}, s.waiting...)
		if victim == r {
			return true, true
		}
		evicted = true
	}
	return false, evicted
}

// admit lets waiting requests in, first come first served: the first that does
// not fit holds up those behind it.
func (vllm) admit(s *Scheduler, budget *int, now float64) {
	for len(s.waiting) > 0 && *budget > 0 && len(s.running) < s.limits.MaxNumSeqs {
		r := s.waiting[0]
		found := s.lookUp(r)
		cached := found.size() * s.limits.BlockSize
		n := s.limits.chunk(r.known() - cached)
		if n > *budget && !s.limits.ChunkedPrefill {
			return
		}
		n = min(n, *budget)
		upTo := cached + n
		if s.limits.ReserveFullPrompt {
			upTo = r.known()
		}
		if !s.fits(found, upTo) {
			return
		}
		s.popWaiting()
		s.start(r, found, now)
		s.compute(r, n, 0)
		*budget -= n
	}
}
