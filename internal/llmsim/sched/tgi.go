package sched

import "fmt"

// tgi is the scheduler of TGI 3. A request is admitted only when blocks for its
// whole prompt and all tokens it asks for can be reserved, so that none is ever
// preempted. With chunked prefill, prompts are computed beside decodes within a
// budget; without it (paged attention), decoding stops for a batch of whole
// prompts when enough requests wait or have waited long enough.
type tgi struct {
	decodes    int  // steps since the last admission
	decodeNext bool // a prefill is followed by a decode
}

func (*tgi) names() naming { return nameEnded }

// reservation is what a request holds from its admission to its end.
func (*tgi) reservation(s *Scheduler, r *Request) int {
	return len(r.Prompt) + r.asks() + max(s.limits.Speculation.Drafts-1, 0)
}

func (t *tgi) refuse(s *Scheduler, r *Request) error {
	// The engine counts requests from their arrival; those that the API server
	// still tokenizes are not known here.
	l := s.limits.TGI
	if n := len(s.waiting) + len(s.running); l.MaxConcurrentRequests > 0 && n >= l.MaxConcurrentRequests {
		return fmt.Errorf("max_concurrent_requests %d reached: %w", l.MaxConcurrentRequests, ErrOverloaded)
	}
	if n := len(r.Prompt); l.MaxInputTokens > 0 && n > l.MaxInputTokens {
		return fmt.Errorf("%d input tokens, max_input_tokens %d: %w", n, l.MaxInputTokens, ErrTooLong)
	}
	if err := refuseTooLong(len(r.Prompt)+r.asks(), s.limits.MaxModelLen); err != nil {
		return err
	}
	return refuseTooLong(t.reservation(s, r), s.limits.tokens())
}

func (t *tgi) form(s *Scheduler, now float64) {
	switch {
	case s.limits.ChunkedPrefill:
		t.formMixed(s, now)
	case t.prefill(s, now):
		t.decodes, t.decodeNext = 0, true
	default:
		t.decodes++
		t.decodeNext = false
		for _, r := range s.running {
			s.compute(r, 1, s.drafts(r))
		}
	}
}

// formMixed computes prompts within the budget that decodes leave.
func (t *tgi) formMixed(s *Scheduler, now float64) {
	budget := s.limits.MaxNumBatchedTokens
	for _, r := range s.running {
		if r.decoding() {
			drafts := s.drafts(r)
			s.compute(r, 1, drafts)
			budget -= 1 + drafts
		}
	}
	for _, r := range s.running {
		if !r.decoding() && budget > 0 {
			n := min(r.known()-r.computed, budget)
			s.compute(r, n, 0)
			budget -= n
		}
	}
	joined := len(s.running) > 0
	for budget > 0 && len(s.waiting) > 0 && len(s.running) < s.limits.MaxNumSeqs {
		r := s.waiting[0]
		found := s.lookUp(r)
		if !s.fits(found, t.reservation(s, r)) {
			break
		}
		n := min(r.known()-found.size()*s.limits.BlockSize, budget)
		t.admit(s, r, found, n, now)
		budget -= n
		if joined {
			s.now.Joined = JoinedByChunking
		}
	}
}

func (t *tgi) admit(s *Scheduler, r *Request, found hit, n int, now float64) {
	s.popWaiting()
	s.start(r, found, now)
	s.reserve(r, t.reservation(s, r))
	s.compute(r, n, 0)
}

// prefill computes a batch of whole prompts if one is due.
func (t *tgi) prefill(s *Scheduler, now float64) bool {
	batch, joined := len(s.running), JoinedNone
	least := 1
	switch {
	case batch == 0:
	case t.decodeNext:
		return false
	case t.decodes >= s.limits.TGI.MaxWaitingTokens:
		joined = JoinedByWait
	default:
		joined = JoinedByPressure
		least = max(1, int(float64(batch)*s.limits.TGI.WaitingServedRatio))
	}
	n := t.eligible(s)
	if n < least {
		return false
	}
	for range n {
		r := s.waiting[0]
		found := s.lookUp(r)
		t.admit(s, r, found, r.known()-found.size()*s.limits.BlockSize, now)
	}
	s.now.Joined = joined
	return true
}

// eligible counts the requests at the head of the queue that a prefill could
// take: by the prefill budget, the free blocks and the size of the batch.
func (t *tgi) eligible(s *Scheduler) int {
	slots := s.limits.MaxNumSeqs - len(s.running)
	if most := s.limits.TGI.MaxBatchSize; most > 0 {
		slots = min(slots, most-len(s.running))
	}
	budget, free := s.limits.MaxNumBatchedTokens, s.pool.free
	n := 0
	for n < min(slots, len(s.waiting)) {
		r := s.waiting[n]
		// The budget counts prompts in full, whatever the cache holds of them. A
		// prompt above it runs alone: without chunks there is no other way.
		budget -= len(r.Prompt)
		free -= blocksFor(t.reservation(s, r), s.limits.BlockSize)
		if free < 0 || budget < 0 && n > 0 {
			break
		}
		n++
	}
	return n
}
