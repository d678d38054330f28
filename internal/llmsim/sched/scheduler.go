package sched

import (
	"errors"
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// ErrTooLong marks a request that does not fit max_model_len.
var ErrTooLong = errors.New("prompt and answer exceed max_model_len")

// Scheduler decides what each engine step computes.
type Scheduler struct {
	limits  Limits
	pool    *pool
	waiting []*Request
	running []*Request // in the order of admission

	step      []share // what the present step computes
	now       Step    // what is known of it
	began     float64 // when it was scheduled
	batch     perfmodel.Batch
	emissions []Emission
	stats     Stats
}

// share is a request's part of a step.
type share struct {
	request *Request
	tokens  int
}

// Emission is one generated token. GapSeconds is the time since the previous
// token of the request, 0 for its first.
type Emission struct {
	Request    *Request
	Index      int
	GapSeconds float64
	Last       bool
}

// New returns an empty scheduler, or an error when under the limits a request
// could wait for ever.
func New(l Limits) (*Scheduler, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	return &Scheduler{limits: l, pool: newPool(l.Blocks), stats: Stats{Blocks: l.Blocks}}, nil
}

// Add queues a request that was not added before.
func (s *Scheduler) Add(r *Request) error {
	if len(r.Prompt) < 1 || r.Output < 1 || r.state != stateNew {
		return fmt.Errorf("a request needs a prompt and an answer of at least one token each, and is added once")
	}
	if n := len(r.Prompt) + r.Output; n > s.limits.MaxModelLen {
		return fmt.Errorf("%d tokens, limit %d: %w", n, s.limits.MaxModelLen, ErrTooLong)
	}
	r.state = stateWaiting
	r.tokens = slices.Clip(r.Prompt) // generated tokens must not land in the caller's array
	s.waiting = append(s.waiting, r)
	return nil
}

// Abort takes a request out and frees its blocks; false when it is not, or no
// longer, known. A step that is under way computes its part in vain.
func (s *Scheduler) Abort(r *Request) bool {
	same := func(q *Request) bool { return q == r }
	switch r.state {
	case stateWaiting:
		s.waiting = slices.DeleteFunc(s.waiting, same)
	case stateRunning:
		s.running = slices.DeleteFunc(s.running, same)
	default:
		return false
	}
	s.release(r)
	r.state = stateDone
	return true
}

// Schedule forms the next step; false when there is nothing to compute. The
// batch is valid until the next call. now stamps requests that are admitted.
func (s *Scheduler) Schedule(now float64) (perfmodel.Batch, bool) {
	s.step, s.now, s.began = s.step[:0], Step{}, now
	s.batch = perfmodel.Batch{Prefills: s.batch.Prefills[:0]}
	budget := s.limits.MaxNumBatchedTokens
	if s.limits.PrefillFirst && !s.limits.ChunkedPrefill {
		if s.admit(&budget, now); len(s.step) > 0 {
			return s.batch, true
		}
	}
	if preempted := s.advance(&budget); !preempted {
		s.admit(&budget, now)
	}
	return s.batch, len(s.step) > 0
}

// Complete ends the step: now is when its tokens exist. The result is valid
// until the next call.
func (s *Scheduler) Complete(now float64) []Emission {
	clear(s.emissions)
	s.emissions = s.emissions[:0]
	s.stats.StepTokens = 0
	s.stats.Steps++
	s.stats.Last = s.now
	s.stats.Last.Seconds = now - s.began
	for _, part := range s.step {
		r := part.request
		if r.state != stateRunning {
			continue // aborted while it was computed
		}
		r.computed += part.tokens
		if r.computed == r.known() {
			s.emit(r, now)
		}
	}
	clear(s.step)
	s.step = s.step[:0]
	return s.emissions
}

func (s *Scheduler) emit(r *Request, now float64) {
	e := Emission{Request: r, Index: r.Generated}
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
		s.running = slices.DeleteFunc(s.running, func(q *Request) bool { return q == r })
		s.release(r)
		r.state = stateDone
	}
	s.emissions = append(s.emissions, e)
}
