// Package temporalx reaches Temporal: it dials by the usual TEMPORAL_* settings
// and makes sure that the search attributes exist which the workflows set. The
// composition roots call it. It knows nothing of workflows beyond those names.
package temporalx
