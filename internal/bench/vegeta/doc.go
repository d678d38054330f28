// Package vegeta sends load with vegeta, a public load generator, and reads its
// report, so that what we say of our own servers is measured by somebody else's
// instrument.
//
// The parts of the bench call it, on servers of their own on the loopback
// interface; it must never load anything else.
package vegeta
