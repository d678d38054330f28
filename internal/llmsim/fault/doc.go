// Package fault makes a simulated engine misbehave on demand, so that a demo or
// a test can break production in the middle of a run.
//
// Faults are a JSON list in a file that may be changed at any time:
//
//	[{"variant":"canary","kind":"slow","factor":6},
//	 {"variant":"canary","kind":"errors","rate":0.3},
//	 {"kind":"crash","after_seconds":5}]
//
// or, each on its own, an option of the program that holds from its start:
//
//	-fault slow,factor=6 -fault crash,after_seconds=5
//
// The kinds, with the time in seconds since the fault came into force:
//
//	slow           every step takes factor times as long
//	drift          every step takes per_minute of its time longer with every minute
//	errors         that rate of requests, 0..1, is answered with a status of 5xx
//	wrong-output   that rate of the tokens of each answer, 0..1, are other ones than the
//	               model would say, always the same ones for the same prompt
//	hang           no progress, while the health route still answers
//	crash          the process ends, after_seconds
//	oom            the process ends as out of memory once the KV cache is used to
//	               that usage, 0..1
//	slow-start     loading takes so many seconds longer; read at the start only
//	no-metrics     the metrics page lacks a family, or without family does not exist
//	slow-metrics   the metrics page takes so many seconds longer
//	corrupt-metrics  bytes of the metrics page are others, and its end is missing
//	counter-reset  counters start again at 0 without a restart, after_seconds
//
// variant restricts a fault to the engines whose variant (the environment
// variable PERFAGENT_VARIANT) is that one.
//
// Parse and ParseOption are pure; Watcher reads the file. A file that does not
// parse must never change what is in force.
package fault
