// Package engine holds what the agent knows of serving engines in general: the
// catalogue of launch parameters, the reading and writing of command lines, the
// constraints a configuration must keep, and the neutral form of a metrics page
// that each engine translates into a serving.Reading.
//
// What is particular to one engine lives below it (engine/vllm, engine/tgi,
// engine/sglang) and is put into a Registry by the composition roots. The package is pure: no I/O, no clock, no logging, and the
// same input always gives the same output, because workflows call it. It must
// never import an adapter: scrape turns bytes into Families, provision turns
// command lines into processes.
package engine
