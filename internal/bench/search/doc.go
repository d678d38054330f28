// Package search measures how many trials a search for a better configuration
// needs. Each case is an engine with a model, a GPU, a workload, objectives, a
// configuration to start from and a grid of at least 500 others. The truth about
// every one of the grid is known, because the engine is simulated in virtual time;
// the strategies see only what a trial would show them.
//
// No strategy is an oracle: the simulated GPU of a case differs from the one that
// perfmodel describes by hidden factors drawn from a seed (compute, bandwidth,
// 8-bit kernels, host, memory), it runs out of memory at a share of its own, one
// combination of flags crashes under load, and a trial is a finite load whose
// outcome depends on its seed. Whoever improves a strategy must look at the
// factors of the first draw only; a second draw is held out and printed beside it.
//
// A strategy is paid in trials: a whole one costs 1, a shorter one its fidelity, an
// engine that does not start a quarter. All begin with a trial of the start
// configuration.
//
// Callers: deploy/bench and this package's tests. What it says holds for simulated
// engines.
package search
