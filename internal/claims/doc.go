// Package claims asks Temporal who is changing a fleet now, and how those ended
// who did.
//
// The composition roots hand it to the activities of the watch and of the slots;
// it is the only place that turns the state of our workflows into claims on
// production. It must never change a workflow it was not asked to signal, and
// never take a workflow that it cannot see for one that has ended.
package claims
