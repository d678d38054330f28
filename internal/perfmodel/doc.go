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
// Architectures, GPUs, hosts and constants are data files in data/, each row with
// its source. What kernel tables do not tell (host and frontend time, sampler,
// fused all-reduce, experts) was fitted on half of the measured runs of vLLM
// 0.15.1 on H100 and is tested on the other half: internal/bench/fidelity prints
// every error.
//
// Expected error against published measurements: simulated with llmsim, a median
// of 5% on mean E2E and ITL and 15% on mean TTFT of those runs; over other GPUs
// and versions a median of 13%, mixtures of experts 25%; KV blocks within 5%; the
// ratio between two configurations on the same host within 12%. Predict, which is
// closed form, is up to 12% worse. Hosts differ: real fleets run at 0.6 to 1.0 of
// these speeds, so trust ratios before absolute figures.
//
// Callers: llmsim (its scheduler asks StepSeconds for every step), propose (to
// screen candidates) and reports. The package is pure. It must never be taken
// for a measurement: what it returns is a prediction, and a model or GPU that is
// not in its tables is an error and never a guess.
package perfmodel
