package sched

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// sglang is the scheduler of SGLang: prompts first, in steps of their own and in
// chunks; admission keeps free a part of what running requests may still
// generate (the new-token ratio), and when that was too little the shortest
// answers are retracted.
type sglang struct {
	ratio   tokenRatio
	chunked *Request // whose prompt is computed in part
	// full stops admission until a request has left the batch, of which leftAt
	// keeps count.
	full   bool
	leftAt int
}

// Constants of SGLang's scheduler (srt/environ.py).
const (
	clipNewTokens      = 4096 // most that admission expects of an answer
	retractDecodeSteps = 20   // that the ratio allows for after a retraction
	longestSortedQueue = 128  // beyond it, lpm falls back to fcfs
)

func newSGLang(l perfmodel.SGLangSettings) *sglang {
	return &sglang{ratio: newTokenRatio(l.Conservativeness)}
}

func (*sglang) names() naming { return nameComputed }

// longest is the length at which SGLang cuts requests: one short of the context
// and of the cache.
func (*sglang) longest(s *Scheduler) int { return min(s.limits.MaxModelLen, s.limits.tokens()) - 1 }

// refuse also cuts what is asked for down to what fits, as SGLang does.
func (g *sglang) refuse(s *Scheduler, r *Request) error {
	if most := s.limits.SGLang.MaxQueuedRequests; most > 0 && len(s.waiting) >= most {
		return fmt.Errorf("max_queued_requests %d reached: %w", most, ErrOverloaded)
	}
	if err := refuseTooLong(len(r.Prompt)+r.Output+1, g.longest(s)); err != nil {
		return err
	}
	r.limit = g.longest(s) - len(r.Prompt) - 1
	return nil
}

func (g *sglang) form(s *Scheduler, now float64) {
	if g.chunked != nil && g.chunked.decoding() || g.chunked != nil && g.chunked.state != stateRunning {
		g.chunked = nil
	}
	if g.full && (s.left != g.leftAt || len(s.running) == 0) {
		g.full = false
	}
	if g.chunked != nil || len(s.waiting) > 0 && !g.full {
		g.prefill(s, now)
	}
	if len(s.step) == 0 {
		g.decode(s)
	}
	if len(s.step) == 0 {
		g.ratio.reset()
	}
}

// stop ends admission until a request leaves the batch that decodes; without one
// there is nothing to wait for.
func (g *sglang) stop(s *Scheduler, b *prefillBudget) { g.full, g.leftAt = b.decoding > 0, s.left }

// decode gives each running request a token, after retracting those for which
// there is no room.
func (g *sglang) decode(s *Scheduler) {
	if !g.retract(s) {
		g.ratio.decay()
	}
	g.decodeAll(s)
}

func (g *sglang) decodeAll(s *Scheduler) {
	for _, r := range s.running {
		if r.decoding() {
			s.compute(r, 1, s.drafts(r))
		}
	}
}
