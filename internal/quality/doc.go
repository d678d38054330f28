// Package quality decides whether a candidate's answers are as good as those of
// the present configuration. It is pure: package ask asks the engines.
//
// Both sides get the same prompts and answer greedily. Each pair of answers is
// good or bad on either side (criterion.go), and the difference is tested against
// a margin of non-inferiority (paired.go) on a sample whose size is planned
// (plan.go). A candidate passes only when it is shown to be no worse than the
// margin; a sample that shows nothing blocks it as well.
//
// Activities and the API call it. It must never let a missing or short answer
// count as a good one, and must never choose the criterion by looking at the
// candidate.
package quality
