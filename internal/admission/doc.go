// Package admission says whether a fleet's production may be experimented on now:
// not while the error budget of one of its objectives is spent, nor while its
// policy freezes changes. It always says which and until when.
//
// The API asks it before it starts a run or a rollout, and an activity asks it
// again for the workflow, which may begin later. The package is pure: the time is
// an argument. It must never be asked whether a rollout may go back; that is
// always allowed.
package admission
