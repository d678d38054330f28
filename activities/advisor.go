package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/internal/advice"
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// TypeNoAdvice is the error type of advice that was not had.
const TypeNoAdvice = "NoAdvice"

// LanguageModel answers a prompt. Its errors are *advice.Failure.
type LanguageModel interface {
	Model() string
	Complete(ctx context.Context, p advice.Prompt) (advice.Completion, error)
}

// Exchanges keeps what was asked and answered.
type Exchanges interface {
	SaveExchange(ctx context.Context, e serving.AdvisorExchange) error
	// AnsweredExchange is the newest answer to a question of that content.
	AnsweredExchange(ctx context.Context, key string) (serving.AdvisorExchange, bool, error)
	// AdvisorUsage is what a subject has taken so far.
	AdvisorUsage(ctx context.Context, subject string) (serving.AdvisorUsage, error)
}

// Advisor asks a language model about a fleet.
type Advisor struct {
	engines   engine.Registry
	model     LanguageModel
	exchanges Exchanges
	trials    TrialLookup
	tokens    int
}

// NewAdvisor returns the asking activity. A nil model is none: every question is
// then answered with that. tokens bounds what one run may take.
func NewAdvisor(engines engine.Registry, model LanguageModel, exchanges Exchanges, trials TrialLookup, tokens int) *Advisor {
	return &Advisor{engines: engines, model: model, exchanges: exchanges, trials: trials, tokens: tokens}
}

// AdviseInput is what a language model is asked about. Subject is the insight's ID.
type AdviseInput struct {
	Subject         string                   `json:"subject"`
	Fleet           serving.Fleet            `json:"fleet"`
	Snapshot        serving.Snapshot         `json:"snapshot"`
	Workload        serving.Workload         `json:"workload"`
	Bottlenecks     []serving.Bottleneck     `json:"bottlenecks,omitempty"`
	Recommendations []serving.Recommendation `json:"recommendations,omitempty"`
	// Candidates are those that there are; what is suggested comes on top of the first.
	Candidates []serving.Candidate `json:"candidates,omitempty"`
}

// AdviseResult is what came of it. The insight has no ID and no time yet.
type AdviseResult struct {
	Insight    serving.Insight     `json:"insight"`
	Candidates []serving.Candidate `json:"candidates,omitempty"`
}

// Advise asks once; Temporal asks again, when the language model's server wants it.
func (a *Advisor) Advise(ctx context.Context, in AdviseInput) (AdviseResult, error) {
	if a.model == nil {
		return AdviseResult{Insight: serving.Insight{Fleet: in.Fleet.Name, Status: serving.InsightOff,
			Reason: "no language model is configured", Summary: advice.Plain(in.Bottlenecks, in.Recommendations)}}, nil
	}
	known, err := a.engines.Engine(in.Fleet.Config.Engine)
	if err != nil {
		return AdviseResult{}, translate(fmt.Errorf("%w: %w", err, serving.ErrPermanent))
	}
	question := a.question(ctx, in)
	prompt, err := advice.Compose(question, known)
	if err != nil {
		return AdviseResult{}, translate(fmt.Errorf("compose: %w: %w", err, serving.ErrPermanent))
	}
	reply, got, usage, err := a.answer(ctx, in, prompt)
	if err != nil {
		return AdviseResult{}, err
	}
	vetted := advice.Vet(question, known, reply)
	return AdviseResult{
		Insight: serving.Insight{Fleet: in.Fleet.Name, Status: serving.InsightAnswered, Model: got.Model, Summary: vetted.Summary,
			Hypotheses: vetted.Hypotheses, Recommendations: vetted.Recommendations, Refused: vetted.Refused, Usage: usage},
		Candidates: propose.Suggestions(propose.Input{Fleet: in.Fleet, Snapshot: in.Snapshot, Workload: in.Workload, Bottlenecks: in.Bottlenecks},
			vetted.Recommendations, in.Candidates, known),
	}, nil
}

// question adds the fleet's trials. Without them there is less to say, and no
// reason to say nothing.
func (a *Advisor) question(ctx context.Context, in AdviseInput) advice.Question {
	q := advice.Question{Fleet: in.Fleet, Snapshot: in.Snapshot, Workload: in.Workload, Bottlenecks: in.Bottlenecks, Recommendations: in.Recommendations}
	recent, err := a.trials.RecentTrials(ctx, in.Fleet.Name)
	if err != nil {
		activity.GetLogger(ctx).Warn("the advisor is asked without earlier trials", "error", err)
	}
	for _, r := range recent {
		q.Tried = append(q.Tried, r.Trial)
	}
	return q
}

// answer is the one that was given before to the same question, or a new one.
func (a *Advisor) answer(ctx context.Context, in AdviseInput, p advice.Prompt) (advice.Reply, advice.Completion, serving.AdvisorUsage, error) {
	var none advice.Completion
	key := p.Key(a.model.Model())
	before, found, err := a.exchanges.AnsweredExchange(ctx, key)
	if err == nil && found {
		if reply, err := advice.Parse(before.Answer); err == nil {
			return reply, advice.Completion{Model: before.Model}, serving.AdvisorUsage{Cached: true}, nil
		}
	}
	used, err := a.exchanges.AdvisorUsage(ctx, in.Subject)
	if err != nil {
		return advice.Reply{}, none, used, fmt.Errorf("tokens used so far: %w", err) // no call without a bound
	}
	if need := used.PromptTokens + used.CompletionTokens + p.EstimatedTokens(); need > a.tokens {
		return advice.Reply{}, none, used, noAdvice(fmt.Sprintf("another call might take the run to %d tokens, beyond its budget of %d", need, a.tokens))
	}
	began := time.Now()
	got, reply, err := a.call(ctx, p)
	took := time.Since(began).Seconds()
	a.keep(ctx, in, key, p, got, took, err)
	used.Attempts++
	used.PromptTokens, used.CompletionTokens = used.PromptTokens+got.PromptTokens, used.CompletionTokens+got.CompletionTokens
	used.Seconds += took
	return reply, got, used, retried(ctx, err)
}

// lastSecond of an attempt is for writing down what became of it.
const lastSecond = time.Second

func (a *Advisor) call(ctx context.Context, p advice.Prompt) (advice.Completion, advice.Reply, error) {
	ctx, cancel := context.WithDeadline(ctx, activity.GetInfo(ctx).Deadline.Add(-lastSecond))
	defer cancel()
	got, err := a.model.Complete(ctx, p)
	if err != nil {
		return got, advice.Reply{}, err
	}
	reply, err := advice.Parse(got.Text)
	if err != nil {
		err = &advice.Failure{Status: serving.ExchangeMalformed, Text: advice.Redact(err.Error()), Got: got}
	}
	return got, reply, err
}

// keep writes the exchange down, redacted; an audit that cannot be written does not
// take the answer away.
func (a *Advisor) keep(ctx context.Context, in AdviseInput, key string, p advice.Prompt, got advice.Completion, took float64, failed error) {
	info := activity.GetInfo(ctx)
	e := serving.AdvisorExchange{ID: fmt.Sprintf("%s/%s/%s/%d", info.WorkflowExecution.ID, info.WorkflowExecution.RunID, info.ActivityID, info.Attempt),
		Key: key, Fleet: in.Fleet.Name, Subject: in.Subject, At: time.Now().UTC(), Status: serving.ExchangeAnswered, Model: a.model.Model(),
		System: p.System, Prompt: p.User, Answer: advice.Redact(got.Text), PromptTokens: got.PromptTokens, CompletionTokens: got.CompletionTokens, Seconds: took}
	var f *advice.Failure
	if errors.As(failed, &f) {
		e.Status, e.Error = f.Status, f.Text
	}
	if err := a.exchanges.SaveExchange(ctx, e); err != nil {
		activity.GetLogger(ctx).Error("an exchange with the language model is not kept", "error", err)
	}
	activity.GetLogger(ctx).Info("advisor asked", "fleet", in.Fleet.Name, "status", e.Status, "model", e.Model,
		"prompt_tokens", e.PromptTokens, "completion_tokens", e.CompletionTokens, "seconds", took)
}

func noAdvice(text string) error {
	return temporal.NewNonRetryableApplicationError(text, TypeNoAdvice, nil)
}

// leastCall is the time that a call needs to be worth waiting for.
const leastCall = 2 * time.Second

// retried turns a failed call into an error that Temporal repeats when the server
// wants it, or not at all where that would be too late.
func retried(ctx context.Context, err error) error {
	var f *advice.Failure
	if !errors.As(err, &f) {
		return err
	}
	if f.Permanent {
		return noAdvice(f.Text)
	}
	info := activity.GetInfo(ctx)
	if end := info.ScheduledTime.Add(info.ScheduleToCloseTimeout); f.RetryAfter > 0 && time.Now().Add(f.RetryAfter+leastCall).After(end) {
		return noAdvice(fmt.Sprintf("%s; the server wants to be left alone for %.0f s, which is longer than anybody waits", f.Text, f.RetryAfter.Seconds()))
	}
	return temporal.NewApplicationErrorWithOptions(f.Text, TypeNoAdvice, temporal.ApplicationErrorOptions{NextRetryDelay: f.RetryAfter})
}
