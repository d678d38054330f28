// Package whatif is the command `llmsim run`: it drives a simulated engine
// through a workload in virtual time and says what its users would have seen.
// An hour of traffic takes seconds, and memory does not grow with the length of
// the run: requests are generated when they are due and forgotten when they end.
//
//	llmsim run -gpu H100 [-gpus N] (-rate R -duration D | -stages "8:600s,20:600s") -input N -output M
//	    [-prefix-share S] [-seed 1] [-json FILE] -- vllm serve MODEL [vLLM's own flags]
//	llmsim run -gpu H100 -trace FILE.csv -- vllm serve MODEL [vLLM's own flags]
//
// The traffic is that of kubernetes-sigs/inference-perf, the tool behind the
// measurements that the model is calibrated on: a stage sends rate times duration
// requests at exponential intervals that fill it; every prompt is a system prompt
// shared by a group and a question; and, where prompts share anything, a fixed
// set of prompts is sent round and round, so that a long run finds whole prompts
// in the prefix cache and the first requests only the system prompt.
//
// Callers: llmsim/program (the command) and bench/fidelity (Run). The package
// must never look at a clock, and what it reports is never a measurement.
package whatif
