// Package haproxy steers an HAProxy through its Runtime API.
//
// The share of a canary is read per request from a map; it is not a weight of
// servers, whose internal positions let bursts through (a canary at 0/100, then
// 100/0, then 50/50 got 299 of the next 300 requests). Pools are slots that exist
// in the configuration and are filled and emptied without a reload.
// deploy/haproxy/haproxy.cfg is the configuration that the package expects and
// that its tests run.
//
// State: the map's file holds the split and its revision and is written before
// HAProxy is told; the whole map is then exchanged in one transaction. Replicas
// are written to the server-state file after they changed. So a reload or a
// restart comes back with both, and whoever was overtaken is refused then too.
// Writers of several workers exclude each other by a lock beside the map. The
// files are on HAProxy's host, hence so is the worker, and hence only sockets of
// this host are spoken to; reading needs the socket alone.
//
// HAProxy logs requests elsewhere, so there are counters and no samples. After a
// reload the requests that the old process still serves are not in Traffic: let
// engines finish on SIGTERM, as our provisioners do.
//
// Package kinds composes it. It must never open a path that the fleet's record
// names (the map is the one HAProxy has loaded), and never change an object of
// HAProxy that is not the fleet's.
package haproxy
