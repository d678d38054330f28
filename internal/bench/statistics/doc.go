// Package statistics simulates what the judge's statistics do when the truth is
// known: how often they see a difference where there is none, how often a
// planted one is found, and how long that takes, under data as serving engines
// make them: skewed, heavy-tailed, tied, autocorrelated and drifting.
//
// The bench command calls it. It prints a line for each claim with the measured
// rate, its own interval and whether the goal is met; a goal that is missed is
// printed as missed. All data are simulated, from fixed seeds, so that a run
// repeats exactly. It must never be imported by what it measures.
package statistics
