// Package scrape measures what it costs to read an engine's metrics page: our
// parser and mapping beside Prometheus's own text parser in the same rounds, and
// the whole scrape over HTTP on the loopback interface.
//
// The pages are those of simulated engines of all three kinds under traffic and,
// where ../shared/data lies beside the repository, recorded ones of real engines.
// Costs are processor time of this process (the system's account, garbage
// collection included), never time that passed: what else a machine does at the
// same time changes them little.
//
// deploy/bench calls it. It must never load anything but its own pages on the
// loopback interface.
package scrape
