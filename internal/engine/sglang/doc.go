// Package sglang is what the agent knows of SGLang: its launch parameters with
// their constraints (catalogue.yaml is data, the rules are code), its command
// line, its metric names in every version from 0.4.0 to 0.5.18, and what its
// /server_info says. It implements engine.Engine and is handed to a registry by
// the composition roots; propose, provision, scrape and the API reach it only
// through that interface.
//
// It is pure, and it must never guess: a metric that a version does not have is
// reported as missing with the reason, a flag that the catalogue does not know
// is passed on untouched, and a rule whose inputs are not known is not judged.
// It must never repeat what /server_info says beyond settings it knows, for that
// answer holds the server's keys.
package sglang
