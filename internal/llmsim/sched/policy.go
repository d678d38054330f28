package sched

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// policy is what the engines decide differently. The scheduler keeps the books;
// a policy moves requests between waiting and running and fills the step.
type policy interface {
	// refuse says why a request cannot be taken; nil: it can.
	refuse(s *Scheduler, r *Request) error
	// form fills the step that starts at now; it leaves it empty when there is
	// nothing to compute.
	form(s *Scheduler, now float64)
	// names says when the blocks of a request become findable.
	names() naming
}

// naming is when the content of a block can be found by other requests.
type naming int

const (
	nameScheduled naming = iota // in the step that computes it
	nameComputed                // after the step that computes it; answers at the end of their request
	nameEnded                   // at the end of its request, and of prompts only
)

func newPolicy(l Limits) (policy, error) {
	switch l.Policy {
	case "", perfmodel.PolicyVLLMV1:
		return vllm{}, nil
	case perfmodel.PolicyVLLMV0:
		return vllm{prefillFirst: !l.ChunkedPrefill}, nil
	case perfmodel.PolicyTGI:
		return &tgi{}, nil
	case perfmodel.PolicySGLang:
		return newSGLang(l.SGLang), nil
	}
	return nil, fmt.Errorf("scheduling policy %q is not modelled", l.Policy)
}

// refuseTooLong is the check that all engines make.
func refuseTooLong(tokens, limit int) error {
	if tokens > limit {
		return fmt.Errorf("%d tokens, limit %d: %w", tokens, limit, ErrTooLong)
	}
	return nil
}
