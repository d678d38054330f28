package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Validate holds the answers of one running server to those of another, or of a
// fleet's stable replica, and records the verdict. A candidate that is worse is a
// result; only a check that could not be made fails.
func Validate(ctx workflow.Context, in ValidateInput) (ValidateStatus, error) {
	v := &validation{in: in, status: ValidateStatus{Phase: "running"}}
	if err := workflow.SetQueryHandler(ctx, StatusQuery, func() (ValidateStatus, error) { return v.status, nil }); err != nil {
		return ValidateStatus{}, fmt.Errorf("register query: %w", err)
	}
	info := workflow.GetInfo(ctx)
	v.story = newStory(ctx, info.OriginalRunID, in.Fleet)
	v.record = serving.ValidationRecord{ID: info.OriginalRunID, WorkflowID: info.WorkflowExecution.ID, Fleet: in.Fleet,
		Reference: in.Reference, Candidate: in.Candidate, Policy: in.Policy, StartedAt: workflow.Now(ctx).UTC()}
	return v.run(ctx)
}

type validation struct {
	in     ValidateInput
	status ValidateStatus
	story  *story
	record serving.ValidationRecord
}

func (v *validation) run(ctx workflow.Context) (ValidateStatus, error) {
	v.tell(ctx, "phase", "comparing answers")
	err := v.compare(ctx)
	phase, reason := measuredPhase(ctx, err)
	v.status.Phase = phase
	if reason != "" {
		v.status.Reason = reason
	}
	v.tell(ctx, "outcome", "validation "+v.status.Phase+": "+v.status.Reason)
	v.story.finish(ctx)
	return v.status, measuredError(v.status.Phase, v.status.Reason)
}

func (v *validation) compare(ctx workflow.Context) error {
	reference, candidate, err := v.servers(ctx)
	if err != nil {
		return err
	}
	var before, after activities.SmokeTestResult
	if err := workflow.ExecuteActivity(questioning(ctx, "smoke test of the reference"), asking.SmokeTest, reference).Get(ctx, &before); err != nil {
		return err
	}
	if err := workflow.ExecuteActivity(questioning(ctx, "smoke test of the candidate"), asking.SmokeTest, candidate).Get(ctx, &after); err != nil {
		return err
	}
	v.status.Smoke = after.Checks
	if why, bad := quality.Regression(before.Checks, after.Checks); bad {
		v.status.Quality = &serving.Quality{Verdict: serving.VerdictFail, Plan: quality.Plan(v.in.Policy), Reason: why}
		v.status.Reason = why
		return nil
	}
	id := workflow.GetInfo(ctx).OriginalRunID
	_, err = collectAnswers(ctx, activities.CollectAnswersInput{Key: id + "/reference", Fleet: v.in.Fleet, Server: reference, Policy: v.in.Policy})
	if err != nil {
		return err
	}
	out, err := compareAnswers(ctx, activities.CompareAnswersInput{Reference: id + "/reference", Key: id + "/candidate", Fleet: v.in.Fleet,
		Server: candidate, Policy: v.in.Policy})
	if err == nil {
		v.status.Quality, v.status.Reason = &out.Quality, out.Quality.Reason
	}
	return err
}

// servers are who is asked.
func (v *validation) servers(ctx workflow.Context) (reference, candidate activities.Server, err error) {
	var loaded activities.LoadFleetResult
	err = workflow.ExecuteActivity(recalling(ctx, "load fleet"), fleets.LoadFleet,
		activities.LoadFleetInput{Name: v.in.Fleet}).Get(ctx, &loaded)
	if err != nil {
		return reference, candidate, err
	}
	config := loaded.Fleet.Config
	reference = activities.Server{Target: v.in.Reference, Model: config.Model, Engine: config.Engine}
	candidate = activities.Server{Target: v.in.Candidate, Model: config.Model, Engine: config.Engine}
	if v.in.Model != "" {
		candidate.Model = v.in.Model
	}
	if reference.Target != "" {
		return reference, candidate, nil
	}
	var found activities.FindEndpointsResult
	err = workflow.ExecuteActivity(quickly(ctx, "find replicas"), variants.FindEndpoints,
		activities.FindEndpointsInput{Fleet: loaded.Fleet, Variant: serving.Stable}).Get(ctx, &found)
	if err == nil && len(found.Endpoints) == 0 {
		err = errors.New("no stable replica runs that could be the reference")
	}
	if err == nil {
		reference.Target = found.Endpoints[0]
	}
	return reference, candidate, err
}

func (v *validation) tell(ctx workflow.Context, eventType, message string) {
	record := v.record
	record.Phase, record.Reason, record.Smoke, record.Quality = v.status.Phase, v.status.Reason, v.status.Smoke, v.status.Quality
	if eventType == "outcome" {
		closed := workflow.Now(ctx).UTC()
		record.ClosedAt = &closed
	}
	workflow.SetCurrentDetails(ctx, message)
	v.story.tell(ctx, activities.RecordInput{Validation: &record}, eventType, message, nil)
}
