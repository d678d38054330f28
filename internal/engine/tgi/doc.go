// Package tgi is what the agent knows of Text Generation Inference 2 and 3: the
// launcher's parameters with their constraints, its command line, its metric
// names and its /info route (the catalogue, the rules and the mapping tables
// name their sources). It implements engine.Engine and is handed to a registry
// by the composition roots; nothing else calls it.
//
// It is pure, and it must never guess: TGI reports no time to first token and no
// use of the KV cache, so what stands in for them is computed and marked as
// derived, or it is missing with the reason. Settings that only an environment
// variable makes (ATTENTION, PREFIX_CACHING) are no part of a configuration.
package tgi
