// Package telemetry sets up what a process says of itself: its log, where its
// traces go, and what Temporal's SDK counts. The composition roots make each at
// their start and hand it on; nothing here sets or reads a global, and no other
// package decides on levels, forms or collectors.
package telemetry
