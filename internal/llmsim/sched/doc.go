// Package sched is an engine's scheduler as a data structure: it decides
// which requests compute how many tokens in the next engine step.
//
// It holds the paged KV cache (reference-counted blocks, a prefix cache over
// full blocks, a free list in the order of least recent use), the queue of
// waiting requests and the running ones. A step is Schedule, then Complete.
// Requests that already run go first, in order of arrival; then waiting ones are
// admitted while the token budget, the slots and the free blocks last. When
// blocks run out, the youngest running request gives up its own and is
// recomputed later, which is the only kind of preemption that V1 has.
//
// llmsim.Core drives it, in virtual time or against the clock. The package does
// no I/O, reads no clock and no randomness, and is not safe for concurrent use.
// It must never decide how long a step takes: that is perfmodel's part.
package sched
