// Package router reads and sets the split of a fleet's traffic at the router
// that serves it, and reads what the router saw of each variant.
//
// Switch is what the activities call; it hands each call to the implementation
// that the fleet's record names (fleet.Router.Kind). GatewayClient is the one for
// our own proxy (package router/gateway), over its admin API.
//
// Every write is absolute, idempotent and, for weights, fenced by a rising
// revision, so it may be retried at any time. Implementations must not retry by
// themselves (the workflow does), must not choose a split, and must translate
// what went wrong into the sentinel errors of this package.
package router
