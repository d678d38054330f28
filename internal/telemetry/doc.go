// Package telemetry sets up what the programs report about themselves. For now
// that is structured logging; the composition roots call it, and nothing else
// makes a logger of its own.
package telemetry
