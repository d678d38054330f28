// Package program is the simulated engine as a process: its options, the start
// with its refusals, faults, and the end. deploy/llmsim calls it and nothing else
// does.
//
//	llmsim [options] vllm serve MODEL [vLLM's own flags]
//	llmsim [options] text-generation-launcher --model-id MODEL [TGI's own flags]
//	llmsim [options] python -m sglang.launch_server --model-path MODEL [SGLang's own flags]
//
// What follows its own options is the engine's real command line. New refuses
// what the engine would refuse on that hardware (flags in conflict, memory that
// does not suffice) with the engine's kind of message; flags that the catalogue
// does not know are named in the log and have no effect. While it loads, the
// address is taken and connections are refused, as by the engines. SIGTERM lets
// it finish what runs.
//
// It must never start an engine whose model or GPU it has no physics for.
package program
