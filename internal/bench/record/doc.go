// Package record keeps what the parts of the bench measured: a JSON file of each
// part, and the circumstances (commit, machine, date) under which it was written.
//
// The parts and deploy/bench call it. It must never change a figure.
package record
