// Package canary plants what can be right or wrong with a canary and lets the
// real rollout decide: the workflows Rollout and CanaryStage, the activity
// JudgeStage and the judge itself run as in production, in virtual time, over
// simulated arms. Engines, router, traffic and clock are simulated; nothing here
// is a measurement of a GPU.
//
// The bench command calls it. It prints a line for each plant with what was
// expected and what came, and counts over many seeds how many bad canaries were
// promoted and how many good ones were not. A miss is printed as a miss. It must
// never be imported by what it measures.
package canary
