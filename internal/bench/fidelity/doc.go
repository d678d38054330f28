// Package fidelity compares the simulated engine with measurements of real ones:
// whole runs of vLLM 0.15.1 on H100 (calibration.csv) and figures published for
// many GPUs and versions (published-points.csv). Every measurement is reported
// with its error, in the set that was used for fitting or in the one that was
// not; what the model does not cover is listed with the reason.
//
// The experiments are run through whatif.Run, exactly as `llmsim run` would run
// them from the same columns. Fit searches the constants on the fitting set only.
//
// Caller: deploy/bench. The data lie beside the repository and are never copied
// into it.
package fidelity
