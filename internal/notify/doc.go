// Package notify tells people by web what workflows noticed: as a signed JSON
// document, or in the form that Slack and what is compatible with it take.
//
// The worker composes it; an activity calls it. Where notices go is the operator's
// to say: addresses are secrets, so an error never repeats one. It retries nothing
// and remembers nothing: that is the activity's part.
package notify
