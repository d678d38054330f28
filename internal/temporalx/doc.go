// Package temporalx connects a process to Temporal: one client, configured the
// way all of Temporal's tools are (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, API key,
// mTLS, profile file), with our logger, and the search attributes by which
// people find our workflows.
//
// The composition roots call it at their start; deploy/local and the end-to-end
// tests as well. Payloads go through the SDK's default data converter, and through a
// codec where one is given. Nothing here knows workflows or activities, and no other
// package dials.
package temporalx
