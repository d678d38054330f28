package workflows

import (
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// How a regression is believed. A response to noise would cost a run of hours, so
// the lower end of the change must stand out in several looks in a row; it is over
// only at half of that, and no second response follows within the cool-down.
const (
	regressionEverySeconds    = 600
	regressionWindowSeconds   = 3600
	regressedAtLeast          = 0.10
	recoveredBelow            = 0.05
	regressionLooks           = 3
	regressionCooldownSeconds = 6 * 3600
)

// RegressionState is what the monitor knows of the fleet's level.
type RegressionState struct {
	CheckedUnix float64 `json:"checked_unix"`
	Looks       int     `json:"looks"` // in a row that showed a regression
	// Active says that it was believed and is not over.
	Active        bool    `json:"active"`
	RespondedUnix float64 `json:"responded_unix,omitempty"`
	Reason        string  `json:"reason,omitempty"` // of the last look
}

// look takes in one comparison and says whether to respond now.
func (s *RegressionState) look(seen activities.CheckRegressionResult, now float64) bool {
	s.CheckedUnix, s.Reason = now, seen.Reason
	switch {
	case !seen.Compared:
		return false
	case seen.AtLeast >= regressedAtLeast:
		s.Looks++
	case seen.Change < recoveredBelow:
		s.Looks, s.Active = 0, false
	}
	if s.Looks < regressionLooks || s.Active || s.RespondedUnix > 0 && now-s.RespondedUnix < regressionCooldownSeconds {
		return false
	}
	s.Active, s.RespondedUnix = true, now
	return true
}

// checkRegression compares the fleet with the level it was accepted at, if its
// policy wants that and it is time, and responds as the policy says.
func (m *monitor) checkRegression(ctx workflow.Context, fleet serving.Fleet) {
	response, now := fleet.Policy.OnRegression, unix(workflow.Now(ctx))
	if response == "" || response == serving.IgnoreRegression || now-m.state.Regression.CheckedUnix < regressionEverySeconds {
		return
	}
	var seen activities.CheckRegressionResult
	err := workflow.ExecuteActivity(recalling(ctx, "compare with the accepted level"), regressions.CheckRegression,
		activities.CheckRegressionInput{Fleet: fleet, WindowSeconds: regressionWindowSeconds, NowUnix: now}).Get(ctx, &seen)
	if err != nil {
		m.state.Regression.CheckedUnix = now
		workflow.GetLogger(ctx).Warn("the accepted level cannot be compared", "fleet", m.in.Fleet, "error", err)
		return
	}
	was := m.state.Regression.Active
	if m.state.Regression.look(seen, now) {
		m.respond(ctx, fleet, response, fmt.Sprintf("%s is %.0f%% worse than when the fleet was accepted (at least %.0f%%): %s",
			seen.Metric, 100*seen.Change, 100*seen.AtLeast, seen.Reason))
	}
	if was && !m.state.Regression.Active {
		m.tell(ctx, "regression", "over: "+seen.Reason, activities.RecordInput{})
	}
}

func (m *monitor) respond(ctx workflow.Context, fleet serving.Fleet, response serving.RegressionResponse, why string) {
	if response == serving.ProposeRun {
		m.tell(ctx, "regression", why+"; a new run is proposed: POST /api/v1/fleets/"+m.in.Fleet+"/runs", activities.RecordInput{})
		return
	}
	childCtx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: OptimizeID(m.in.Fleet), ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary: "run after a regression of " + m.in.Fleet, TypedSearchAttributes: attributes(fleet, PhaseCollecting)})
	run := workflow.ExecuteChildWorkflow(childCtx, Optimize, OptimizeInput{Fleet: m.in.Fleet, RequestedBy: "monitor"})
	if err := run.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
		m.tell(ctx, "regression", why+"; a run could not be started: "+rootMessage(err), activities.RecordInput{})
		return
	}
	m.tell(ctx, "regression", why+"; a run was started", activities.RecordInput{})
}
