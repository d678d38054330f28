// Package serving is the vocabulary of the agent: fleets, engine
// configurations, variants, snapshots, workloads, bottlenecks,
// recommendations, trials, objectives and verdicts.
//
// Everything else in this repository speaks in these words, so the package
// imports nothing of ours, does no I/O, reads no clock and no randomness; its
// values cross workflow history, HTTP and the database as the JSON defined by
// their tags. Durations inside are seconds as float64 and say so in their
// names. A quantity that was not measured is an unknown Measure, never zero.
package serving
