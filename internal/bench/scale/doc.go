// Package scale measures one real worker that watches up to a thousand fleets, with a
// real Temporal dev server and a real Postgres: processor time, memory, events in
// Temporal and rows in the database for each fleet, at a quarter, a half and all of
// them, whether they grow in a straight line, and how late the watch then notices a
// fleet that breaks.
//
// The fleets are simulated by one process of this command: each has an address of its
// own with a gateway's admin API, a webhook provisioner and engines' metrics pages.
//
// deploy/bench calls it. It must never take the extrapolation that it prints for a
// measurement.
package scale
