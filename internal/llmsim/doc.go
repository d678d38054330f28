// Package llmsim is a simulated inference engine: the scheduler of sched, the step
// times of perfmodel, and nothing else that produces latency. Flags act only
// through the memory left for the KV cache, the limits of the scheduler and the
// constants of a step.
//
// Core joins the two and is driven in two ways: Open and Closed run a list of
// requests in virtual time, for predictions and tests, and realtime.Loop runs
// the same core against the clock behind the HTTP API of package api. Around
// them are text (tokens of real prompts and deterministic answers), metrics
// (each engine's own names) and fault (failures on demand). deploy/llmsim is the
// program.
//
// This package itself does no I/O and reads no clock; its only randomness is the
// seeded jitter of step times. What it says is never to be presented as a
// measurement of a GPU: the program, its API and its log say that they are
// simulated.
package llmsim
