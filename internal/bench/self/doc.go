// Package self starts this command once more, in another role that its environment
// names, so that what is measured and what measures it do not share a process.
//
// The parts of the bench call it; deploy/bench hands a process that has a role to
// the part whose role it is. It must never start anything but the running binary.
package self
