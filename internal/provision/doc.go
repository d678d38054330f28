// Package provision makes the replicas of a variant exist, and cease to.
//
// Switch is what the activities call; it hands each call to the implementation
// that the fleet's record names (fleet.Provisioner.Kind). Process runs the
// engine's real command line on this host; Webhook has a receiver of somebody
// else's do it.
//
// A process outlives the worker that started it: it has a session of its own and
// a record in the state directory, and the next worker adopts it. A replica is
// known by its record together with the start time of the process and a token in
// its environment, so a process ID that the system gave to somebody else is never
// touched. Calls for one variant exclude each other, over all workers that share
// the state directory, by a file lock.
//
// The package must never signal a process it cannot prove to be its own, never
// pick processes by name, and never retry a start that failed (the workflow
// decides); a port that somebody took in the meantime is the exception. It needs
// Linux (/proc).
package provision
