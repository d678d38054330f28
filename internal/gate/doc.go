// Package gate asks webhooks whether a rollout may go on.
//
// The worker composes it behind the activities. It asks once and never takes
// silence, an error or an answer without a decision for a yes.
package gate
