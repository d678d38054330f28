// Package slo says whether service level objectives hold, how much of their
// error budget is left and how fast it burns.
//
// Evaluate reads the requests of one arm as a router saw them, FromSnapshot the
// histograms of an engine; Violations turns breaches into the payload of the
// slo-violation signal. Budget, Burn and Alerts work on a series of counted
// buckets. Activities that watch fleets and the API call it.
//
// It must never read a clock (the time is an argument) and never take the
// absence of traffic for a kept objective: no traffic is no data.
package slo
