// Package telemetry sets up the log of a process and what Temporal's SDK counts of
// it. The composition roots make one logger and one registry at their start and
// hand them on; nothing here sets or reads a global one, and no other package
// decides on levels or forms.
package telemetry
