// Package series turns measurements of a variant into numbers over time.
//
// A Rollup is what was measured in a stretch of time: one snapshot (Of), or many
// merged (Merge). Merging adds bucket counts, increases and the seconds they were
// observed in, and weights gauges by time; the percentiles of a day are those of
// all its requests, never a mean of percentiles. A Metric reads one number out
// of a Rollup, so a point of a raw series and one of a year are computed by the
// same rule.
//
// The store builds and keeps roll-ups, the API reads metrics from them. The
// package is pure and deterministic. It must never read a missing quantity as 0:
// what was not measured in a stretch is null there.
package series
