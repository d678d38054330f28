package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Optimize is one run: it measures production, finds what limits it, proposes
// changes, proves them in staging, and ships the winner by a Rollout. Promoted,
// rolled_back, no_improvement, rejected and advised are ordinary results. It
// ends Canceled when cancelled, after its rollout took everything back.
func Optimize(ctx workflow.Context, in OptimizeInput) (OptimizeResult, error) {
	o := &optimize{in: in, options: in.Options.WithDefaults()}
	if err := o.init(ctx); err != nil {
		return OptimizeResult{}, err
	}
	end := o.proceed(ctx)
	return o.close(ctx, end)
}

// optimize is the state of one run.
type optimize struct {
	in       OptimizeInput
	options  OptimizeOptions
	fleet    serving.Fleet
	snapshot serving.Snapshot
	defaults serving.Candidate
	status   OptimizeStatus
	story    *story
	record   serving.RunRecord
	began    time.Time

	begun       int           // trials
	asks        bool          // the search asks for each trial
	searchBegan time.Time     // of a search that asks
	chosen      serving.Trial // what it wants confirmed; of others none

	consulting bool // a language model is being asked

	approved, rejected bool
	rollback           *Command // a rollback order that came before there was a rollout
	rollout            workflow.ChildWorkflowFuture
	rolloutErrType     string
}

func (o *optimize) init(ctx workflow.Context) error {
	info := workflow.GetInfo(ctx)
	o.began = workflow.Now(ctx)
	o.status = OptimizeStatus{Fleet: o.in.Fleet, RunID: info.OriginalRunID, Phase: PhaseCollecting}
	if err := workflow.SetQueryHandler(ctx, StatusQuery, func() (OptimizeStatus, error) { return o.status, nil }); err != nil {
		return fmt.Errorf("register query: %w", err)
	}
	if err := o.listen(ctx); err != nil {
		return err
	}
	o.story = newStory(ctx, info.OriginalRunID, o.in.Fleet)
	o.record = serving.RunRecord{ID: info.OriginalRunID, WorkflowID: info.WorkflowExecution.ID, Fleet: o.in.Fleet,
		RequestedBy: o.in.RequestedBy, StartedAt: o.began.UTC(), Times: map[string]any{}}
	return nil
}

// proceed narrates the run up to its end.
func (o *optimize) proceed(ctx workflow.Context) ending {
	for _, step := range []func(workflow.Context) *ending{
		o.admit, o.collect, o.diagnose, o.propose, o.consult, o.search, o.confirm, o.awaitApproval,
	} {
		if end := o.gate(ctx); end != nil {
			return *end
		}
		if end := step(ctx); end != nil {
			return *end
		}
	}
	return o.ship(ctx)
}

// gate holds a paused run between steps and ends one that was told to go back.
func (o *optimize) gate(ctx workflow.Context) *ending {
	err := workflow.Await(ctx, func() bool { return !o.status.Paused || o.stopped() })
	if err != nil {
		return o.broken(ctx, "wait", err)
	}
	if o.stopped() {
		return &ending{outcome: serving.OutcomeRejected, reason: o.status.Reason}
	}
	return nil
}

func (o *optimize) stopped() bool { return o.rejected || o.rollback != nil }

func (o *optimize) collect(ctx workflow.Context) *ending {
	var loaded activities.LoadFleetResult
	err := workflow.ExecuteActivity(recalling(ctx, "load fleet"), fleets.LoadFleet,
		activities.LoadFleetInput{Name: o.in.Fleet}).Get(ctx, &loaded)
	if err != nil {
		return o.broken(ctx, "load fleet", err)
	}
	o.fleet = loaded.Fleet
	o.enter(ctx, PhaseCollecting, fmt.Sprintf("measuring %d replicas of %s for %.0f s", o.fleet.Replicas, o.fleet.Config.Model, o.options.ObserveSeconds))
	var scraped activities.ScrapeFleetResult
	err = workflow.ExecuteActivity(measuring(ctx, seconds(o.options.ObserveSeconds), "measure production"), metrics.ScrapeFleet,
		activities.ScrapeFleetInput{Fleet: o.fleet, Variant: serving.Stable, WindowSeconds: o.options.ObserveSeconds}).Get(ctx, &scraped)
	if err != nil {
		return o.broken(ctx, "measure production", err)
	}
	o.snapshot = scraped.Snapshot
	return nil
}

func (o *optimize) diagnose(ctx workflow.Context) *ending {
	o.enter(ctx, PhaseDiagnosing, "looking for what limits the fleet")
	var found activities.DiagnoseFleetResult
	err := workflow.ExecuteActivity(quickly(ctx, "diagnose"), analysis.DiagnoseFleet,
		activities.DiagnoseFleetInput{Fleet: o.fleet, Snapshot: o.snapshot}).Get(ctx, &found)
	if err != nil {
		return o.broken(ctx, "diagnose", err)
	}
	o.status.Bottlenecks, o.status.Workload = found.Bottlenecks, found.Workload
	o.record.Findings, o.record.Workload = found.Bottlenecks, &found.Workload
	for _, b := range found.Bottlenecks {
		o.story.note(ctx, "note", fmt.Sprintf("found %s (%s): %s", b.Kind, b.Severity, b.Summary), nil)
	}
	return nil
}

func (o *optimize) propose(ctx workflow.Context) *ending {
	o.enter(ctx, PhaseProposing, "turning findings into candidates")
	var proposed activities.ProposeCandidatesResult
	err := workflow.ExecuteActivity(quickly(ctx, "propose"), analysis.ProposeCandidates,
		activities.ProposeCandidatesInput{Fleet: o.fleet, Snapshot: o.snapshot, Workload: o.status.Workload,
			Bottlenecks: o.status.Bottlenecks, Limit: o.options.MaxTrials}).Get(ctx, &proposed)
	if err != nil {
		return o.broken(ctx, "propose", err)
	}
	o.defaults = proposed.Defaults
	o.status.Recommendations, o.status.Candidates = proposed.Recommendations, proposed.Candidates
	if len(o.options.Candidates) > 0 {
		o.status.Candidates = given(o.options.Candidates)
	}
	o.status.GenerationSeconds = workflow.Now(ctx).Sub(o.began).Seconds()
	o.record.Times["generation_seconds"] = o.status.GenerationSeconds
	info := workflow.GetInfo(ctx)
	record := serving.AnalysisRecord{ID: info.OriginalRunID, Fleet: o.in.Fleet, CreatedAt: workflow.Now(ctx).UTC(),
		Snapshot: o.snapshot, Bottlenecks: o.status.Bottlenecks, Recommendations: proposed.Recommendations}
	o.story.tell(ctx, activities.RecordInput{Analysis: &record}, "note",
		fmt.Sprintf("%d recommendations, %d candidates in %.1f s", len(proposed.Recommendations),
			len(o.status.Candidates), o.status.GenerationSeconds), nil)
	return nil
}

// given makes candidates of the configurations that the user asked to try. Nobody
// has said what they put at stake, so their answers are checked.
func given(configs []serving.EngineConfig) []serving.Candidate {
	out := make([]serving.Candidate, 0, len(configs))
	for i, c := range configs {
		out = append(out, serving.Candidate{Name: fmt.Sprintf("given-%d", i+1), Config: c, Risk: serving.RiskNumerics,
			Sources: []serving.Source{serving.SourceUser}})
	}
	return out
}

func (o *optimize) awaitApproval(ctx workflow.Context) *ending {
	if o.fleet.Policy.Advisory {
		return &ending{outcome: serving.OutcomeAdvised, reason: "advisory mode: " + o.advice()}
	}
	if o.fleet.Policy.AutoApprove {
		return nil
	}
	o.enter(ctx, PhaseAwaitingApproval, "waiting for a person: "+o.advice())
	o.story.needsHuman(ctx, "approve or reject the winner: "+o.advice())
	decided, err := workflow.AwaitWithTimeout(ctx, seconds(o.options.ApprovalTimeoutSeconds),
		func() bool { return o.approved || o.stopped() })
	switch {
	case err != nil:
		return o.broken(ctx, "wait for approval", err)
	case !decided:
		return &ending{outcome: serving.OutcomeRejected, reason: "nobody approved in time"}
	case o.stopped():
		return &ending{outcome: serving.OutcomeRejected, reason: o.status.Reason}
	}
	return nil
}

// advice is the change and its gain in a sentence.
func (o *optimize) advice() string {
	return fmt.Sprintf("%s: %.2fx throughput, E2E p95 %.0f%% lower", describeChange(o.fleet.Config, o.status.Winner.Config),
		o.status.Gain.ThroughputRatio, 100*o.status.Gain.E2EP95Reduction)
}

// broken turns an error of a step into an ending.
func (o *optimize) broken(ctx workflow.Context, step string, err error) *ending {
	if canceled(ctx) {
		return &ending{outcome: serving.OutcomeCanceled, reason: "canceled"}
	}
	return &ending{outcome: serving.OutcomeFailed, reason: step + ": " + rootMessage(err)}
}
