// Package growth counts what our workflows leave behind in Temporal's database: the
// events and bytes of histories that a dev server recorded (those that the replay
// test keeps valid), and from them, by arithmetic that is printed, what a fleet that
// is merely watched costs a day and what one optimization with its rollout costs.
//
// deploy/bench calls it. It must never count what no recorded history shows.
package growth
