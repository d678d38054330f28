// Package watch measures what it costs to watch many fleets in one worker, and
// how late the watch is: a thousand WatchFleet activities at the default tick
// against simulated routers, half of which begin to answer slowly and half of
// which have their weights moved, at instants of their own.
//
// deploy/bench calls it. The routers are simulated in the same process and the
// activities run in the SDK's test environment, so CPU and memory are upper
// bounds of what a worker needs. It must never be taken for a measurement of
// Temporal itself.
package watch
