// Package activities is where workflows touch the world.
//
// Each small struct holds one group of dependencies (Fleets, Metrics, Analysis,
// Variants, Traffic, Load, Judging, Watch, History, Quality, Evidence) behind interfaces declared
// here, and each exported method is one activity under its bare method name.
// An activity heartbeats if it is long, calls the adapter, and translates the
// error in the one place (errors.go). It retries nothing itself, since Temporal
// is the only retrier, and it holds no rules: those are in the pure packages.
// The composition root of the worker constructs the structs and registers them.
package activities
