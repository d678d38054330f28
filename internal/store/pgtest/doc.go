// Package pgtest gives tests a real Postgres: the server named by
// TEST_DATABASE_URL, or else one of its own, started from the binaries of the
// operating system (Debian's postgresql package will do) on a Unix socket in a
// temporary folder.
//
// A test binary starts one Server, usually in TestMain, and takes a database
// from it for each test. Without binaries tests are skipped with a message,
// unless PGTEST_REQUIRED=1, which CI sets so that a missing package cannot pass
// for a green run. A server of ours has fsync off and trusts every local user:
// it must never hold anything that is to be kept. It dies with the test binary,
// however that ends. Linux only.
package pgtest
