// Package e2e runs the whole loop on Temporal's real dev server with the real
// adapters: gateway, HAProxy, process provisioner, load generator, scraper, SQLite and
// simulated engines as processes. It is where the things are seen that the
// workflow test environment cannot show, and it records the histories that the
// replay tests in package workflows keep.
//
// The tests need Temporal's CLI ($TEMPORAL_CLI, bin/, PATH or GOPATH/bin) and
// skip without it, unless E2E_REQUIRED=1. Nothing imports this package.
package e2e
