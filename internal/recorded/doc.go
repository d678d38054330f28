// Package recorded finds what was recorded from real engines and systems: metrics
// pages, measured benchmarks, a request trace. They lie in shared/data beside the
// repository, never in it.
//
// Tests and the fidelity bench call it. It must never be imported by a program that
// is deployed, and it never copies what it finds.
package recorded
