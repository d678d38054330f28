// Package program is the simulated engine as a process: its options, the start
// with its refusals, and the end. deploy/llmsim calls it and nothing else does.
//
//	llmsim [-gpu H100] [-gpus 1] [-startup 1s] [-faults FILE] [-seed N] vllm serve MODEL [vLLM's own flags]
//
// What follows its own options is vLLM's real command line. New refuses what
// vLLM would refuse on that hardware (flags in conflict, memory that does not
// suffice) with the engine's kind of message; flags that the catalogue does not
// know are named in the log and have no effect. It must never start an engine
// whose model or GPU it has no physics for.
package program
