// Package config is what the server and the worker can be told, by flag,
// environment, YAML file or default, in that order of precedence. The
// composition roots call it once at their start and pass on what each part
// needs; nothing else may read the environment. Temporal's own settings
// (TEMPORAL_ADDRESS and the like) are not here: see package temporalx.
package config
