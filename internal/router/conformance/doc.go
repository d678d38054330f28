// Package conformance is the suite of tests that every kind of router passes:
// absolute weights, fencing by revision, the split that really arrives, several
// writers, answers that get lost, a restart, draining and counting.
//
// The tests of each router call Run with a Subject, which is the router, started
// for real where that is possible, and the ways in which it can be disturbed. A
// capability that a kind does not have is nil there, and what depends on it is
// skipped with the reason. Engine and User are the replicas and the client that
// the routers' tests share.
//
// Only tests import this package. It must know no kind of router: a rule that
// needs to know one is a test of that router's own.
package conformance
