package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// errNowhere is a provisioner that says it has started staging and gives no
// address.
var errNowhere = errors.New("staging runs, but nowhere")

// answersKey is where the answers of a trial are kept.
func answersKey(runID string, number int) string { return fmt.Sprintf("%s/%d", runID, number) }

// check looks at what the engine answers. It comes before the load: a wrong
// candidate then costs seconds instead of a ladder. Its own prompts are not those
// of the load, and the prefix cache is emptied after them where the engine lets.
func (t *trial) check(ctx workflow.Context, endpoints []string) error {
	if len(endpoints) == 0 {
		return errNowhere
	}
	server := activities.Server{Target: endpoints[0], Model: t.in.Candidate.Config.Model, Engine: t.in.Candidate.Config.Engine}
	var smoke activities.SmokeTestResult
	if err := workflow.ExecuteActivity(questioning(ctx, "smoke test"), asking.SmokeTest, server).Get(ctx, &smoke); err != nil {
		return err
	}
	t.result.Smoke, t.result.CacheFlushed = smoke.Checks, smoke.Flushed
	if why, bad := quality.Regression(t.in.Checks.Smoke, smoke.Checks); bad {
		return errors.New(why)
	}
	switch {
	case t.in.Checks.Collect:
		return t.collect(ctx, server)
	case t.in.Checks.Compare:
		return t.compare(ctx, server)
	}
	return nil
}

// survived fails a trial whose engine is gone after the load. What it measured up
// to then may look like a low limit, and is none.
func (t *trial) survived(ctx workflow.Context) error {
	var found activities.CountReplicasResult
	err := workflow.ExecuteActivity(quickly(ctx, "look for staging after the load"), variants.CountReplicas,
		activities.CountReplicasInput{Fleet: t.in.Fleet, Variant: t.in.slot()}).Get(ctx, &found)
	if err == nil && found.Replicas == 0 {
		err = errors.New("the engine is gone after the load: it crashed or was killed")
	}
	return err
}

// collect keeps the baseline's answers. A baseline that gives none is measured
// all the same: it only means that no gated candidate can be shown to be as good.
func (t *trial) collect(ctx workflow.Context, server activities.Server) error {
	out, err := collectAnswers(ctx, activities.CollectAnswersInput{Key: answersKey(t.in.RunID, t.in.Number), Fleet: t.in.Fleet.Name,
		Server: server, Policy: t.in.Fleet.Quality})
	if canceled(ctx) {
		return err
	}
	t.result.CacheFlushed = out.Flushed
	t.result.Quality = &serving.Quality{Verdict: serving.VerdictPass, Criterion: out.Criterion, Plan: out.Plan, Prompts: out.Prompts,
		Reason: fmt.Sprintf("%d reference answers kept", out.Prompts)}
	if err != nil {
		t.result.Quality.Verdict, t.result.Quality.Reason = serving.VerdictInsufficientData, "no reference answers: "+rootMessage(err)
	}
	return nil
}

// compare blocks a candidate whose answers are not shown to be as good.
func (t *trial) compare(ctx workflow.Context, server activities.Server) error {
	if t.in.Checks.Reference == "" {
		q := serving.Quality{Verdict: serving.VerdictInsufficientData, Reason: t.in.Checks.Unfit}
		t.result.Quality = &q
		return blocked(q)
	}
	out, err := compareAnswers(ctx, activities.CompareAnswersInput{Reference: t.in.Checks.Reference, Key: answersKey(t.in.RunID, t.in.Number),
		Fleet: t.in.Fleet.Name, Server: server, Policy: t.in.Fleet.Quality})
	if err != nil {
		return err
	}
	t.result.Quality, t.result.CacheFlushed = &out.Quality, out.Flushed
	if out.Quality.Verdict != serving.VerdictPass {
		return blocked(out.Quality)
	}
	return nil
}

func blocked(q serving.Quality) error { return fmt.Errorf("blocked by the quality gate: %s", q.Reason) }
