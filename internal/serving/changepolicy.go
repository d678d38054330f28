package serving

import (
	"fmt"
	"slices"
	"strings"
)

// ChangePolicy is who may let a change touch production, beside whom it may
// happen, and what the agent does about production afterwards.
type ChangePolicy struct {
	// Approvers are those who may approve, promote an undecided stage, or waive
	// the approval; empty means anybody. Names are compared with what the API
	// knows of its caller, or a signal's "by".
	Approvers []string `json:"approvers,omitempty"`
	// LockStepGroup names fleets of which at most one is in a rollout at a time,
	// for example those that serve one region.
	LockStepGroup string `json:"lock_step_group,omitempty"`
	// UndoSeconds is how long after a promotion replicas of the old configuration
	// stay warm to go back to; 0 keeps none. They need room for as many replicas
	// again.
	UndoSeconds float64 `json:"undo_seconds,omitempty"`
	// RepairDrift is what the monitor does about production that is not as
	// recorded.
	RepairDrift DriftRepair `json:"repair_drift,omitempty"`
	// OnRegression is what the monitor does when the fleet got worse than the
	// level it was accepted at.
	OnRegression RegressionResponse `json:"on_regression,omitempty"`
}

// DriftRepair says which drift is repaired; all of it is always reported. The
// zero value repairs traffic and variants that nobody owns and only reports
// flags, since a person may have set those on purpose.
type DriftRepair string

// What can be asked for besides the default.
const (
	ReportDrift DriftRepair = "report" // repair nothing
	RepairDrift DriftRepair = "repair" // flags as well
)

// RegressionResponse says what follows a regression; the zero value ignores it.
type RegressionResponse string

// The responses to a regression.
const (
	IgnoreRegression  RegressionResponse = "ignore"
	ProposeRun        RegressionResponse = "propose" // tell people to start a run
	RunAfterRegressed RegressionResponse = "run"     // start it
)

// Bounds of a change policy: an undo of more than a week would hold as many
// accelerators again for longer than anybody remembers the change.
const (
	maxUndoSeconds = 7 * 24 * 3600
	maxApprovers   = 100
)

// MayApprove says why a person may not let a change touch production, nil if
// they may.
func (p ChangePolicy) MayApprove(by string) error {
	if len(p.Approvers) == 0 || slices.Contains(p.Approvers, by) {
		return nil
	}
	if by == "" {
		by = "somebody who gives no name"
	}
	return fmt.Errorf("%s may not approve changes of this fleet: its approvers are %s", by, strings.Join(p.Approvers, ", "))
}

// Validate names the field that is wrong and how to mend it.
func (p ChangePolicy) Validate() error {
	switch {
	case len(p.Approvers) > maxApprovers || slices.Contains(p.Approvers, ""):
		return fmt.Errorf("approvers: must be at most %d names, none empty", maxApprovers)
	case p.UndoSeconds < 0 || p.UndoSeconds > maxUndoSeconds:
		return fmt.Errorf("undo_seconds: %g must be within 0..%d", p.UndoSeconds, maxUndoSeconds)
	case !slices.Contains([]DriftRepair{"", ReportDrift, RepairDrift}, p.RepairDrift):
		return fmt.Errorf("repair_drift: %q is unknown, use %q or %q, or leave it out", p.RepairDrift, ReportDrift, RepairDrift)
	case !slices.Contains([]RegressionResponse{"", IgnoreRegression, ProposeRun, RunAfterRegressed}, p.OnRegression):
		return fmt.Errorf("on_regression: %q is unknown, use %q, %q or %q", p.OnRegression, IgnoreRegression, ProposeRun, RunAfterRegressed)
	}
	return nil
}
