// Package search decides which configuration a run measures next, and when to
// stop. It is asked after every trial and answers from the history alone, so a
// search can be cut off anywhere and go on in another process.
//
// The performance model is the prior. Its constants may be wrong for the GPU and
// host at hand, so each configuration also carries how strongly its prediction
// depends on each constant: configurations that depend on the same ones err alike.
// A Gaussian process learns these errors, and what no constant explains, from the
// trials. Short trials screen by expected improvement, the best are measured at
// full length, and failures at start or under load make their neighbourhood
// unlikely to run.
//
// Callers: activities (a run's next trial) and the benchmark of the search. It is
// pure and deterministic. It must never propose a configuration that the engine
// refuses, that policy forbids or that was measured at that length before, and
// never call a prediction a gain: a winner is only what was measured in full.
package search
