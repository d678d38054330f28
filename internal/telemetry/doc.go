// Package telemetry sets up the log of a process. The composition roots make
// one logger at their start and hand it on; nothing here sets or reads a global
// logger, and no other package decides on levels or forms.
package telemetry
