// Package conformance is the suite of tests that every kind of provisioner
// passes: idempotent, exact, honest about what runs and about what does not
// start, safe under several callers and across a restart of the agent.
//
// The tests of each provisioner call Run with a Subject, which is the provisioner
// on the real thing where that is possible. A capability that a kind does not
// have is nil there, and what depends on it is skipped with the reason.
//
// Only tests import this package. It must know no kind of provisioner: a rule
// that needs to know one is a test of that provisioner's own.
package conformance
