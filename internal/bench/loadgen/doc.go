// Package loadgen measures the load generator: how many token streams it reads
// on one processor, how late it is by its own account and by the server's, and
// what a public load generator does under the same load.
//
// Three processes take part, so that none is charged for another: a token server
// that writes tokens at fixed times, the generator with GOMAXPROCS=1, and vegeta
// with one processor, too. They are this binary itself, started with a role in its
// environment, and the vegeta that scripts/need installs.
//
// The server is not an engine: it spends nothing on a token but writing it. What
// it sees of arrivals does not depend on the client, so that the lateness of both
// is measured alike. Vegeta sends at a fixed rate and reads whole bodies; of
// tokens, first or later, it knows nothing, and of its own lateness it says
// nothing.
//
// Callers: deploy/bench. It must never load anything but its own server on the
// loopback interface.
package loadgen
