package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// refusal asks whether production may be experimented on now: "" when it may. An
// override admits what is refused, and the story says so. Runs that began before
// there was admission are not asked.
func refusal(ctx workflow.Context, s *story, fleet, override string) (string, error) {
	if workflow.GetVersion(ctx, changeAdmission, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return "", nil
	}
	var got activities.AdmitResult
	err := workflow.ExecuteActivity(recalling(ctx, "may it begin"), admitting.Admit, activities.AdmitInput{Fleet: fleet}).Get(ctx, &got)
	if err != nil || got.Decision.Admitted {
		return "", err
	}
	if override != "" {
		s.note(ctx, "note", "begins although "+got.Decision.Text()+"; overridden: "+override,
			map[string]any{"override_reason": override, "decision": got.Decision})
		return "", nil
	}
	return got.Decision.Text(), nil
}

// admit ends a run before it measures anything, when it could not ship what it
// finds.
func (o *optimize) admit(ctx workflow.Context) *ending {
	why, err := refusal(ctx, o.story, o.in.Fleet, o.options.OverrideReason)
	if err != nil {
		return o.broken(ctx, "admission", err)
	}
	if why != "" {
		return &ending{outcome: serving.OutcomeRefused, reason: why}
	}
	return nil
}

// admit ends a rollout before it touches production.
func (r *rollout) admit(ctx workflow.Context) *ending {
	why, err := refusal(ctx, r.story, r.in.Fleet, r.in.OverrideReason)
	if err != nil {
		return r.broken(ctx, "admission", err)
	}
	if why != "" {
		return &ending{outcome: serving.OutcomeRefused, reason: why}
	}
	return nil
}
