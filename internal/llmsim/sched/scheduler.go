package sched

import (
	"errors"
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// ErrTooLong marks a request that does not fit max_model_len.
var ErrTooLong = errors.New("prompt and answer exceed max_model_len")

// ErrOverloaded marks a request that is refused because the engine has too many:
// 429 from TGI, 503 from SGLang.
var ErrOverloaded = errors.New("the engine is overloaded")

// Scheduler decides what each engine step computes.
type Scheduler struct {
	limits  Limits
	policy  policy
	pool    *pool
	waiting []*Request
	running []*Request // in the order of admission

	step      []share // what the present step computes
	now       Step    // what is known of it
	began     float64 // when it was scheduled
	batch     perfmodel.Batch
	emissions []Emission
	stats     Stats
	found     []int32 // by the last look-up
	serial    uint64  // of the last request that was added
	left      int     // requests that have left the running ones, for any reason
}

// share is a request's part of a step.
type share struct {
	request *Request
	tokens  int // certain ones
	drafts  int // guessed ones that are verified
	decode  bool
}

// Emission is one generated token. GapSeconds is the time since the previous
// token of the request, 0 for its first.
type Emission struct {
	Request    *Request
	Index      int
	GapSeconds float64
	Last       bool
	// Accepted tokens were guessed: they come in the same step as the token
	// before, with a gap of 0.
	Accepted bool
}

// New returns an empty scheduler, or an error when under the limits a request
// could wait for ever.
func New(l Limits) (*Scheduler, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	p, err := newPolicy(l)
	if err != nil {
		return nil, err
	}
	return &Scheduler{limits: l, policy: p, pool: newPool(l.Blocks, l.HostBlocks), stats: Stats{Blocks: l.Blocks}}, nil
}

// Add queues a request. It is an error when the request could never run, when
// the engine takes no more (ErrOverloaded), or when it has been added before.
func (s *Scheduler) Add(r *Request) error {
	if len(r.Prompt) < 1 || r.Output < 1 || r.state != stateNew {
		return fmt.Errorf("a request needs a prompt and an answer of at least one token each, and is added once")
	}
	if err := s.policy.refuse(s, r); err != nil {
		if errors.Is(err, ErrOverloaded) {
			s.stats.Overloaded++
		}
		return err
	}
	s.serial++
	r.serial, r.home = s.serial, s
	r.state = stateWaiting
	r.tokens = slices.Clip(r.Prompt) // generated tokens must not land in the caller's array
	s.waiting = append(s.waiting, r)
	return nil
}

// Abort takes a request out and frees its blocks; false when it is not, or no
// longer, known. A step that is under way computes its part in vain.
func (s *Scheduler) Abort(r *Request) bool {
	if r.home != s {
		return false
	}
	same := func(q *Request) bool { return q == r }
	switch r.state {
	case stateWaiting:
		s.waiting = slices.DeleteFunc(s.waiting, same)
	case stateRunning:
		s.running = slices.DeleteFunc(s.running, same)
		s.left++
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
	s.policy.form(s, now)
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
	ended := false
	for _, part := range s.step {
		r := part.request
		if r.state != stateRunning {
			continue // aborted while it was computed
		}
		r.computed += part.tokens
		if s.policy.names() == nameComputed && !part.decode {
			s.nameBlocks(r, r.computed)
		}
		if r.computed == r.known() {
			s.produce(part, now)
			ended = ended || r.state == stateDone
		}
	}
	if ended {
		s.running = slices.DeleteFunc(s.running, func(r *Request) bool { return r.state == stateDone })
	}
	clear(s.step)
	s.step = s.step[:0]
	return s.emissions
}

// Load is the number of requests that run or wait.
func (s *Scheduler) Load() int { return len(s.running) + len(s.waiting) }

// popWaiting takes the first request off the queue.
func (s *Scheduler) popWaiting() {
	s.waiting[0] = nil
	s.waiting = s.waiting[1:]
}

// drafts is how many tokens are guessed for a request in a step: none while it
// computes its prompt, and none beyond its greatest length.
func (s *Scheduler) drafts(r *Request) int {
	if !r.decoding() {
		return 0
	}
	return max(0, min(s.limits.Speculation.Drafts, r.asks()-r.Generated-1))
}
