// Package sched is an engine's scheduler as a data structure: it decides which
// requests compute how many tokens in the next engine step.
//
// Scheduler keeps the books that all engines have: the paged KV cache
// (reference-counted blocks, a prefix cache over full blocks, a free list in the
// order of least recent use), the queue of waiting requests and the running
// ones. A step is Schedule, then Complete. What the engines decide differently
// is a policy: vLLM V1 (running requests first within a token budget, preemption
// of the youngest), V0 (whole prompts first), TGI (all that a request may need
// is reserved at its admission), SGLang (prompts first, admission on an
// estimate, retraction of the shortest answer).
//
// llmsim.Core drives it, in virtual time or against the clock. The package does
// no I/O, reads no clock and no randomness, and is not safe for concurrent use.
// It must never decide how long a step takes: that is perfmodel's part.
package sched
