// Package gateway measures what our gateway costs a request: the latency it adds
// and the requests a second it carries, beside HAProxy on the configuration that
// this repository ships, in the same rounds and before the same tiny upstream.
//
// Upstream, gateway, HAProxy and the load (vegeta) are processes of their own. Each
// round takes all ways in turn, so that what slows the machine for a while slows
// all of them; figures are medians of the rounds. Latency is measured in an open
// loop at a rate that each way carries easily, the maximum in a closed loop. All
// share the machine's processors, so a maximum is that of the whole chain; the
// processor time of a request is the proxy's own.
//
// deploy/bench calls it. It must never load anything but its own servers on the
// loopback interface.
package gateway
