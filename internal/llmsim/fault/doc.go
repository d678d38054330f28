// Package fault makes a simulated engine misbehave on demand, so that a demo or
// a test can break production in the middle of a run.
//
// Faults are a JSON list in a file that may be changed at any time:
//
//	[{"variant":"canary","kind":"slow","factor":6},
//	 {"variant":"canary","kind":"errors","rate":0.3},
//	 {"kind":"crash","after_seconds":5},
//	 {"kind":"hang"}]
//
// slow multiplies the time of every step, errors answers that share of requests
// with status 500, crash ends the process, hang stops all progress while /health
// still answers. variant restricts a fault to the engines whose variant (the
// environment variable PERFAGENT_VARIANT) is that one.
//
// Parse is pure; Watcher reads the file. A file that does not parse must never
// change what is in force.
package fault
