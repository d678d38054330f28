package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// LoadTest runs a load ladder on its own against a target, or against a fleet's
// stable replicas, and records the result.
func LoadTest(ctx workflow.Context, in LoadTestInput) (LoadTestStatus, error) {
	t := &loadTest{in: in, status: LoadTestStatus{Phase: "running"}}
	if err := workflow.SetQueryHandler(ctx, StatusQuery, func() (LoadTestStatus, error) { return t.status, nil }); err != nil {
		return LoadTestStatus{}, fmt.Errorf("register query: %w", err)
	}
	info := workflow.GetInfo(ctx)
	t.story = newStory(ctx, info.OriginalRunID, in.Fleet)
	t.record = serving.LoadTestRecord{ID: info.OriginalRunID, WorkflowID: info.WorkflowExecution.ID, Fleet: in.Fleet,
		Target: in.Target, Spec: in.Spec, StartedAt: workflow.Now(ctx).UTC()}
	return t.run(ctx)
}

type loadTest struct {
	in     LoadTestInput
	status LoadTestStatus
	story  *story
	record serving.LoadTestRecord
}

func (t *loadTest) run(ctx workflow.Context) (LoadTestStatus, error) {
	t.tell(ctx, "phase", "load test started")
	err := t.measure(ctx)
	phase, reason := measuredPhase(ctx, err)
	t.status.Phase = phase
	if reason != "" {
		t.status.Reason = reason
	}
	t.tell(ctx, "outcome", "load test "+t.status.Phase)
	t.story.finish(ctx)
	return t.status, measuredError(t.status.Phase, t.status.Reason)
}

func (t *loadTest) measure(ctx workflow.Context) error {
	var loaded activities.LoadFleetResult
	err := workflow.ExecuteActivity(recalling(ctx, "load fleet"), fleets.LoadFleet,
		activities.LoadFleetInput{Name: t.in.Fleet}).Get(ctx, &loaded)
	if err != nil {
		return err
	}
	targets := []string{t.in.Target}
	if t.in.Target == "" {
		var found activities.FindEndpointsResult
		err := workflow.ExecuteActivity(quickly(ctx, "find replicas"), variants.FindEndpoints,
			activities.FindEndpointsInput{Fleet: loaded.Fleet, Variant: serving.Stable}).Get(ctx, &found)
		if err != nil {
			return err
		}
		targets = found.Endpoints
	}
	out, err := runLadder(ctx, activities.RunLadderInput{Targets: targets, Model: loaded.Fleet.Config.Model, Spec: t.in.Spec})
	if err == nil {
		t.status.Result = &out.Result
	}
	return err
}

func (t *loadTest) tell(ctx workflow.Context, eventType, message string) {
	record := t.record
	record.Phase, record.Reason, record.Result = t.status.Phase, t.status.Reason, t.status.Result
	if eventType == "outcome" {
		closed := workflow.Now(ctx).UTC()
		record.ClosedAt = &closed
	}
	workflow.SetCurrentDetails(ctx, message)
	t.story.tell(ctx, activities.RecordInput{LoadTest: &record}, eventType, message, nil)
}

// longestLadder bounds a ladder's duration: every step at three times its
// length, its requests' timeout and a warm-up, and the steps of a search
// downwards when the reference rate itself is too much; or the duration of the one
// load where nothing is searched.
func longestLadder(spec serving.LadderSpec) time.Duration {
	if spec.Search == serving.SearchOnce {
		return seconds(spec.Base.LongestSeconds() + 10)
	}
	step := 3*spec.StepSeconds + spec.Base.RequestTimeoutSeconds + spec.Base.WarmupSeconds + 10
	return seconds(step * float64(max(spec.MaxSteps, len(spec.Rates))+6))
}
