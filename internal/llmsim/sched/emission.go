package sched

// produce emits the token that a request's part of a step has computed, and the
// guesses after it that turned out right.
func (s *Scheduler) produce(part share, now float64) {
	r := part.request
	accepted := 0
	if part.drafts > 0 {
		accepted = s.accepted(r, part.drafts)
		s.stats.Drafts++
		s.stats.DraftTokens += part.drafts
		s.stats.AcceptedTokens += accepted
		for i := range accepted {
			s.stats.AcceptedAt[i]++
		}
	}
	s.emit(r, now, false)
	for range min(accepted, r.Output-r.Generated) {
		r.computed++
		s.emit(r, now, true)
	}
}

// accepted draws how many guesses are right. The draw is a hash of the request
// and the position, so that a run can be repeated.
func (s *Scheduler) accepted(r *Request, drafts int) int {
	draw := float64(mix(r.serial<<32|uint64(r.Generated))>>11) / (1 << 53)
	n := 0
	for n < drafts && draw < s.limits.Speculation.Cumulative(n) {
		n++
	}
	return n
}

func (s *Scheduler) emit(r *Request, now float64, accepted bool) {
	e := Emission{Request: r, Index: r.Generated, Accepted: accepted}
	s.stats.StepTokens++
	if r.Generated == 0 {
		r.Times.FirstToken = now
		s.stats.StepTokens += len(r.Prompt)
	} else {
		e.GapSeconds = now - r.Times.LastToken
	}
	r.Times.LastToken = now
	r.generate(s.limits.PrefixCaching)
	if e.Last = r.finished(); e.Last {
		s.end(r)
	}
	s.emissions = append(s.emissions, e)
}

// end frees what a finished request holds. Complete takes it off the running
// ones.
func (s *Scheduler) end(r *Request) {
	switch s.policy.names() {
	case nameComputed:
		s.nameBlocks(r, r.computed)
	case nameEnded:
		s.nameBlocks(r, min(r.computed, len(r.Prompt)))
	}
	s.release(r)
	r.state = stateDone
	s.left++
}
