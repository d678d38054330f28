// Package detection measures how soon a canary that breaks is noticed and how
// soon production is back: real rollouts with the product's default plan, on a
// real Temporal dev server, behind real gateways with traffic, with Monitor
// watching, whose canary breaks at a moment that is known to the instant.
//
// The engines are simulated: HTTP servers in this process that stream tokens at
// drawn times and show a page of metrics with vLLM's names. All else is what
// production runs.
//
// deploy/bench calls it. It must never load anything but its own engines on the
// loopback interface, and never leave out of the worst case what went unnoticed.
package detection
