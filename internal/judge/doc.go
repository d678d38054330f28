// Package judge decides whether a canary may have more traffic.
//
// Judge compares the canary's requests with those of a reference arm and with
// the fleet's objectives, and returns one of four verdicts together with every
// number it rests on; NextStep turns the verdicts of a stage into what to do
// next. The statistics (quantiles, bootstrap, Mann-Whitney, proportions) are
// exported for others that summarise latencies.
//
// Workflows call it, and activities, so it must never read a clock or global
// randomness: the same input and seed give the same verdict. It must never
// take the absence of data for a pass, average percentiles, or count failures
// over several stages.
package judge
