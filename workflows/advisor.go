package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/advice"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// What a language model may take of anybody's time: three attempts of which two may
// fail by running out, with a second and two between them, end within 27 s; 30 s is
// the end of it, the wait for a free place in its queue included.
const (
	adviceBudget   = 30 * time.Second
	adviceAttempt  = 8 * time.Second
	adviceAttempts = 3
)

// advising is for questions to a language model. The server's own wish to be left
// alone (429, Retry-After) replaces the interval between attempts.
func advising(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              QueueAdvisor,
		StartToCloseTimeout:    adviceAttempt,
		ScheduleToCloseTimeout: adviceBudget,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumAttempts: adviceAttempts},
		Summary:                "ask the advisor",
	})
}

// advised asks a language model. It always gives an insight: without an answer, one
// that says why and what the rules have to say.
func advised(ctx workflow.Context, in activities.AdviseInput) activities.AdviseResult {
	began := workflow.Now(ctx)
	var out activities.AdviseResult
	err := workflow.ExecuteActivity(advising(ctx), advisors.Advise, in).Get(ctx, &out)
	if err != nil {
		out.Insight = serving.Insight{Fleet: in.Fleet.Name, Status: serving.InsightUnavailable, Reason: whyNoAdvice(err),
			Summary: advice.Plain(in.Bottlenecks, in.Recommendations)}
	}
	out.Insight.ID, out.Insight.CreatedAt = in.Subject, workflow.Now(ctx).UTC()
	if out.Insight.Status != serving.InsightOff {
		out.Insight.Usage.Seconds = workflow.Now(ctx).Sub(began).Seconds()
	}
	return out
}

// whyNoAdvice is the last failure in a person's words.
func whyNoAdvice(err error) string {
	var late *temporal.TimeoutError
	if errors.As(err, &late) {
		text := fmt.Sprintf("no answer within %.0f s", adviceBudget.Seconds())
		if late.Unwrap() != nil {
			text += ": " + rootMessage(late.Unwrap())
		}
		return text
	}
	return rootMessage(err)
}

// consult asks a language model beside the first trial, which every run begins
// with: so it delays no run whose trials take longer than an answer, and no run by
// more than its budget.
func (o *optimize) consult(ctx workflow.Context) *ending {
	if workflow.GetVersion(ctx, changeAdvisor, workflow.DefaultVersion, 1) < 1 || o.options.WithoutAdvisor || len(o.options.Candidates) > 0 {
		return nil
	}
	o.consulting = true
	workflow.GoNamed(ctx, "advisor", func(ctx workflow.Context) {
		defer func() { o.consulting = false }()
		out := advised(ctx, activities.AdviseInput{Subject: o.status.RunID, Fleet: o.fleet, Snapshot: o.snapshot, Workload: o.status.Workload,
			Bottlenecks: o.status.Bottlenecks, Recommendations: o.status.Recommendations, Candidates: o.status.Candidates})
		if !canceled(ctx) {
			o.hear(ctx, out)
		}
	})
	return nil
}

// hear takes what a language model said into the run: its candidates queue behind
// those that there are.
func (o *optimize) hear(ctx workflow.Context, out activities.AdviseResult) {
	insight := out.Insight
	insight.RunID, insight.RequestedBy = o.status.RunID, o.in.RequestedBy
	o.status.Advisor, o.record.Advisor = &insight, &insight
	o.status.Recommendations = append(o.status.Recommendations, insight.Recommendations...)
	o.status.Candidates = propose.Join(o.status.Candidates, out.Candidates)
	o.story.tell(ctx, activities.RecordInput{Insight: &insight}, "note", describeInsight(insight, len(out.Candidates)), nil)
}

// heard waits for the language model, at most until its time is up.
func (o *optimize) heard(ctx workflow.Context) error {
	return workflow.Await(ctx, func() bool { return !o.consulting || o.stopped() })
}

func describeInsight(i serving.Insight, candidates int) string {
	if i.Status != serving.InsightAnswered {
		return "the run goes on by rules and model: " + i.Reason
	}
	text := fmt.Sprintf("the language model %s suggests %d changes, %d candidates", i.Model, len(i.Recommendations), candidates)
	if n := i.Refused.Total(); n > 0 {
		text += fmt.Sprintf("; %d of its suggestions were refused", n)
	}
	return text + ": " + i.Summary
}

// scores counts what came of each source's candidates.
func (o *optimize) scores() []serving.SourceScore {
	var winner *serving.EngineConfig
	if o.status.Winner != nil {
		winner = &o.status.Winner.Config
	}
	return propose.ScoreSources(o.status.Candidates, o.status.Trials, winner, o.options.MinEffect)
}
