// Package perfmodel predicts how fast an engine runs from how it is launched:
// the time of one engine step for a batch, the size of the KV cache, and from
// both the steady state of a replica under a workload and the highest request
// rate that keeps its objectives.
//
// The equations are a roofline per operation with fitted efficiencies: weight
// streaming against tensor-core time for the matrix products, KV reading for
// attention, a latency and bandwidth term for all-reduce, kernel launch when
// CUDA graphs are off, and the host time of the engine version. Flags act in
// three places only: memory (KV blocks), scheduler limits, constants of the step.
//
// Expected error against published vLLM measurements: step time and throughput
// within 15% (dense models; mixtures of experts within 25%), KV blocks within
// 5%, mean TTFT under queueing 20 to 30%, idle TTFT 50%, and the ratio between
// two configurations on the same host within 10%. Hosts differ: real fleets run
// at 0.6 to 1.0 of these speeds, which is why callers should trust ratios before
// absolute figures.
//
// Callers: llmsim (its scheduler asks StepSeconds for every step), propose (to
// screen candidates) and reports. The package is pure. It must never be taken
// for a measurement: what it returns is a prediction, and a model or GPU that is
// not in its tables is an error and never a guess.
package perfmodel
