// Package gateway is a weighted, streaming reverse proxy for the replicas of one
// fleet on one machine.
//
// User traffic enters at Handler. Each request is assigned to a variant by the
// absolute percentages in force (a session keeps its variant while the variant's
// share does not fall), then to the replica of that variant with the fewest
// requests in flight. Its body is buffered, so that a replica that refuses it
// before the first byte of an answer costs nothing: it goes to another replica,
// then to stable, then to whichever variant of production is left. What every
// variant did is recorded request by request for the judge.
//
// AdminHandler, for a second listener, reads and sets weights and pools and
// gives the observations out. Weights are fenced by a rising revision. Each
// change is on disk (Options.StateFile) before it is in force, so a gateway that
// was killed comes back with the split it had.
//
// The local stack and the end-to-end tests compose it; the worker reaches it
// over HTTP only (package router). It must never decide a split by itself, never
// cut a running stream because a weight or a pool changed, and never send
// production traffic to staging unless a weight says so.
package gateway
