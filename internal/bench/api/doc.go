// Package api measures the REST API under load: the real server binary on a real
// database (a Postgres of Debian's binaries, or SQLite where there is none) and a
// Temporal dev server, all on this machine, driven open-loop by vegeta. First mixed
// reads, beside them a server that does nothing (the peer, by which a tail that the
// machine made can be told from one that the API made), then starts of runs, of which none that was accepted may be missing in
// Temporal or in the record. No worker runs: what is measured is the API.
//
// deploy/bench calls it. It must never load anything but its own server on the
// loopback interface, and never leave an error or a missed goal out of the report.
package api
