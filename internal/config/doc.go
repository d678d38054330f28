// Package config reads the settings of the API server and the worker: from a
// flag, else the environment, else a YAML file, else a default. Every setting
// has one name in three spellings: --database-url, PERFAGENT_DATABASE_URL and
// "database-url:" (or "database_url:") in the file.
//
// The composition roots call LoadServer and LoadWorker once, at their start,
// with the process's arguments and environment; the package itself reads no
// global state but the file it is told to read. How Temporal is reached is not
// here: TEMPORAL_ADDRESS and its companions are read by package temporalx, as
// all of Temporal's tools read them. Settings must never be read anywhere else,
// and an error must name the setting and say what to put there.
package config
