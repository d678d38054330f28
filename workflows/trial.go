package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Trial measures one candidate in staging: one replica, started fresh so that no
// cache is carried over (whatever an earlier trial left is stopped first), held
// to the limit of cold starts, checked for what it answers, driven up a ladder of
// rates, and always stopped again. A candidate that does not start, breaks, or
// answers wrongly is a failed trial, not an error.
func Trial(ctx workflow.Context, in TrialInput) (serving.Trial, error) {
	t := &trial{in: in, result: serving.Trial{Number: in.Number, Purpose: in.Purpose, Candidate: in.Candidate}}
	if err := workflow.SetQueryHandler(ctx, StatusQuery, func() (serving.Trial, error) { return t.result, nil }); err != nil {
		return serving.Trial{}, fmt.Errorf("register query: %w", err)
	}
	return t.run(ctx)
}

// slot is where the trial runs; of inputs without one it is the only one.
func (in TrialInput) slot() serving.Variant { return serving.StagingSlot(in.Slot) }

type trial struct {
	in     TrialInput
	result serving.Trial
	undo   compensation
}

func (t *trial) run(ctx workflow.Context) (serving.Trial, error) {
	t.undo.add(undo{name: "stop staging", run: t.stopStaging})
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("starting %s: %v", t.in.Candidate.Name, t.in.Candidate.Config.FlagList()))
	err := t.measure(ctx)
	undoErr := t.undo.run(ctx)
	switch {
	case canceled(ctx):
		return t.result, workflow.ErrCanceled
	case undoErr != nil:
		return t.result, failed(ErrRunFailed, "staging could not be stopped: "+undoErr.Error())
	case err != nil && temporal.IsCanceledError(err):
		return t.result, failed(ErrRunFailed, "the measurement was canceled")
	case err != nil:
		t.result.Status, t.result.Reason = serving.TrialFailed, rootMessage(err)
	default:
		t.result.Status = serving.TrialMeasured
	}
	workflow.SetCurrentDetails(ctx, describeTrial(t.result))
	show(ctx, OutcomeKey.ValueSet(string(t.result.Status)))
	return t.result, nil
}

func (t *trial) measure(ctx workflow.Context) error {
	if workflow.GetVersion(ctx, changeFresh, workflow.DefaultVersion, 1) >= 1 {
		if err := t.clear(ctx); err != nil {
			return err
		}
	}
	var up activities.EnsureVariantResult
	err := workflow.ExecuteActivity(provisioning(ctx, "start staging"), variants.EnsureVariant,
		activities.EnsureVariantInput{Fleet: t.in.Fleet, Variant: t.in.slot(), Config: t.in.Candidate.Config, Replicas: 1}).Get(ctx, &up)
	if err != nil {
		return err
	}
	t.result.ReadySeconds = up.Status.ReadySeconds
	if err := t.judgeStart(); err != nil {
		return err
	}
	checked := workflow.GetVersion(ctx, changeChecks, workflow.DefaultVersion, 1) >= 1
	if checked {
		if err := t.check(ctx, up.Status.Endpoints); err != nil {
			return err
		}
	}
	out, err := runLadder(ctx, activities.RunLadderInput{Targets: up.Status.Endpoints, Model: t.in.Candidate.Config.Model, Spec: t.in.Ladder})
	t.result.Result = out.Result
	if err == nil && checked {
		err = t.survived(ctx)
	}
	return err
}

// clear stops whatever stands in staging: a replica of the same configuration
// would be taken over with a warm cache and no cold start to measure.
func (t *trial) clear(ctx workflow.Context) error {
	return workflow.ExecuteActivity(provisioning(ctx, "clear staging"), variants.RemoveVariant,
		activities.RemoveVariantInput{Fleet: t.in.Fleet, Variant: t.in.slot()}).Get(ctx, nil)
}

// judgeStart fails a candidate that takes too long until it serves. The present
// configuration is what others are held to and takes as long as it takes.
func (t *trial) judgeStart() error {
	if t.in.Checks.BaselineReadySeconds <= 0 || t.in.Candidate.Config.Equal(t.in.Fleet.Config) {
		return nil
	}
	c := serving.JudgeColdStart(t.in.Fleet.Policy, t.result.ReadySeconds, serving.Known(t.in.Checks.BaselineReadySeconds))
	t.result.ColdStart = &c
	if c.Verdict == serving.VerdictFail {
		return startsTooSlowly(c)
	}
	return nil
}

func startsTooSlowly(c serving.ColdStart) error {
	return errors.New("blocked by its cold start: " + c.Reason)
}

func (t *trial) stopStaging(ctx workflow.Context) error {
	return workflow.ExecuteActivity(undoing(ctx, "stop staging"), variants.RemoveVariant,
		activities.RemoveVariantInput{Fleet: t.in.Fleet, Variant: t.in.slot()}).Get(ctx, nil)
}

func describeTrial(t serving.Trial) string {
	if t.Status == serving.TrialFailed {
		return fmt.Sprintf("%s (%s): failed: %s", t.Candidate.Name, t.Purpose, t.Reason)
	}
	return fmt.Sprintf("%s (%s): %.2f req/s keep the SLOs, E2E p95 %.2f s at %.2f req/s, ready in %.1f s%s", t.Candidate.Name, t.Purpose,
		t.Result.MaxGood, t.Result.Reference.E2E.P95Seconds, t.Result.Reference.RatePerSecond, t.ReadySeconds, describeQuality(t))
}

func describeQuality(t serving.Trial) string {
	if t.Quality == nil {
		return ""
	}
	return "; " + t.Quality.Reason
}

// qualityWord is the verdict for an event, "" where there was no check.
func qualityWord(t serving.Trial) serving.Verdict {
	if t.Quality == nil {
		return ""
	}
	return t.Quality.Verdict
}
