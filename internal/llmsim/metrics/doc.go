// Package metrics exposes a simulated engine's state under the names, types,
// labels and buckets of vLLM 0.20 (V1 engine, one API process), so that scrapers
// and dashboards cannot tell it from the real one.
//
// Engine observes the real-time loop; HTTP counts requests by outcome, which is
// where vLLM's only error counter lives. The one series of our own is
// llmsim:time_lost_seconds_total. Nothing here may be estimated: every value
// comes from what the scheduler did or from the clock.
package metrics
