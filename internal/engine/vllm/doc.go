// Package vllm is what the agent knows of vLLM: its launch parameters with
// their constraints, its command line, and its metric names in every version
// from 0.4 to the last one read (the catalogue and the mapping tables name
// their sources). It implements engine.Engine and is handed to a registry by the
// composition roots; propose, provision, scrape and the API reach it only
// through that interface.
//
// It is pure, and it must never guess: a metric that a version does not have is
// reported as missing with the reason, a flag that the catalogue does not know
// is passed on untouched, and a rule whose inputs are not known is not judged.
package vllm
