// Package chaos says what a fault run attacks and what must hold after it.
//
// Draw makes the plan of a run from its seed alone: which scenario, behind which
// router, and which faults at which moments. Breaches takes what was seen of the
// run when all was over and names every invariant that does not hold. Lost tells
// the requests that a fault excuses from those that the product lost. Report sums
// the runs up.
//
// Package rig runs plans against the real processes. Nothing here starts, signals
// or measures anything, reads the clock, or draws from anything but the seed: the
// same seed must be the same plan for ever on every machine.
package chaos
