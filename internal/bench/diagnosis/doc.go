// Package diagnosis measures how often the rules find what was planted. A
// simulated engine is launched with real flags under a load that creates one
// condition, its metrics page is scraped in virtual time, and what Diagnose and
// Recommend say of it is compared with what the planter expected.
//
// The expectation of each condition is written beside it, with the reason from
// the references (levers.md section C and the engines' own advice), by whoever
// plants it; it is never taken from an answer of the rules. Variations change
// GPU, model, load and lengths; the held-out ones are drawn from a seed.
//
// Callers: deploy/bench and this package's tests. What it says holds for the
// simulator, whose step times come from the same model that the rules consult:
// it is a test of the rules and not of the world.
package diagnosis
