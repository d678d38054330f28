// Package diagnose finds what limits a fleet, from one snapshot of it.
//
// Each rule is one file: what it looks for, at which thresholds and why, and
// what it calls for. Thresholds are relative to the fleet's objectives and its
// own history where there are any. ObserveWorkload learns the traffic from the
// same snapshot. Activities call both.
//
// It must never take a missing quantity for zero: what a rule needs and does
// not have means no finding, what would only support it lowers the confidence.
// A healthy engine yields nothing.
package diagnose
