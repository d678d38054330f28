package workflows_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/advisor"
	"github.com/optiinfra/performance-agent/internal/advisor/advisortest"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// suggestion is an answer that wants another size of KV blocks, which no rule does.
func suggestion() string {
	return advisortest.Answer("Eager mode costs most; other blocks may help too.",
		advisortest.Proposal{Title: "larger blocks", Finding: "host-overhead", Changes: []string{"--block-size", "set", "32"}})
}

// advisedBy is a world with a language model that behaves like that, call by call.
func advisedBy(t *testing.T, does ...advisortest.Behaviour) (*world, *advisortest.Server) {
	t.Helper()
	s := advisortest.Start(does...)
	t.Cleanup(s.Close)
	w := improvable()
	w.advisor = asking(s, &http.Client{Transport: &http.Transport{}})
	return w, s
}

func asking(s *advisortest.Server, web *http.Client) activities.LanguageModel {
	return advisor.New(advisor.Options{URL: s.URL(), Key: advisortest.Key, HTTP: web})
}

// impatient gives up what the server has heard and does not answer, as a deadline
// would, but never before it is heard.
type impatient struct {
	s    *advisortest.Server
	next http.RoundTripper
}

func (i impatient) RoundTrip(r *http.Request) (*http.Response, error) {
	before := len(i.s.Calls())
	ctx, giveUp := context.WithCancel(r.Context())
	defer giveUp()
	go func() {
		look := time.NewTicker(5 * time.Millisecond)
		defer look.Stop()
		for ctx.Err() == nil && len(i.s.Calls()) == before {
			<-look.C
		}
		giveUp()
	}()
	if _, err := i.next.RoundTrip(r.WithContext(ctx)); err == nil {
		return nil, errors.New("the server has answered")
	}
	return nil, context.DeadlineExceeded
}

func closed(t *testing.T, w *world) serving.RunRecord {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.NotEmpty(t, w.runs)
	return w.runs[len(w.runs)-1]
}

func TestOptimize_LanguageModelAnswers_ItsCandidatesJoinTheQueue(t *testing.T) {
	t.Parallel()
	w, s := advisedBy(t, advisortest.Says(suggestion()))
	env := environment(t, w)
	result := runOptimize(t, env, optimizeInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	record := closed(t, w)
	require.Equal(t, serving.InsightAnswered, record.Advisor.Status)
	require.Equal(t, advisor.DefaultModel, record.Advisor.Model)
	require.Contains(t, record.Advisor.Summary, "Eager mode")
	require.Len(t, record.Advisor.Recommendations, 1)
	require.Equal(t, serving.SourceLLM, record.Advisor.Recommendations[0].Source)
	require.Len(t, s.Calls(), 1)
	require.Equal(t, []serving.Insight{*record.Advisor}, w.insights)

	var status workflows.OptimizeStatus
	value, err := env.QueryWorkflow(workflows.StatusQuery)
	require.NoError(t, err)
	require.NoError(t, value.Get(&status))
	require.True(t, slices.ContainsFunc(status.Candidates, func(c serving.Candidate) bool { return slices.Contains(c.Sources, serving.SourceLLM) }))
	last := record.Sources[len(record.Sources)-1]
	require.Equal(t, serving.SourceLLM, last.Source)
	require.Positive(t, last.Proposed)
}

// Every way in which an answer can fail ends in a run that completes by rules and
// model, and says so.
func TestOptimize_EveryFailureOfTheLanguageModel_EndsInARunThatCompletes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		does   []advisortest.Behaviour
		calls  int
		reason string
	}{
		"malformed JSON":         {[]advisortest.Behaviour{advisortest.Says(`{"summary":`)}, 3, "not of the schema"},
		"another schema":         {[]advisortest.Behaviour{advisortest.Says(`{"answer":42}`)}, 3, "not of the schema"},
		"a refusal":              {[]advisortest.Behaviour{advisortest.Refuses("no")}, 1, "refused to answer"},
		"a limit, too long":      {[]advisortest.Behaviour{advisortest.Limits(5 * time.Minute)}, 1, "longer than anybody waits"},
		"errors of the server":   {[]advisortest.Behaviour{advisortest.Fails(500, "internal_error")}, 3, "500"},
		"a proxy in between":     {[]advisortest.Behaviour{advisortest.FailsInHTML(502)}, 3, "502"},
		"slow":                   {[]advisortest.Behaviour{advisortest.Hangs()}, 3, "no answer in time"},
		"a stream that is cut":   {[]advisortest.Behaviour{advisortest.BreaksOff(suggestion())}, 3, ""},
		"cut at its length":      {[]advisortest.Behaviour{advisortest.CutAtLength(suggestion())}, 3, "greatest length"},
		"a model that is gone":   {[]advisortest.Behaviour{advisortest.Fails(404, "model_not_found")}, 1, "404"},
		"nothing but cuts":       {[]advisortest.Behaviour{advisortest.Says(advisortest.Answer("cut", advisortest.Proposal{Title: "c", Changes: []string{"--max-model-len", "set", "64"}}))}, 1, ""},
		"answers at third trial": {[]advisortest.Behaviour{advisortest.Fails(500, "x"), advisortest.Limits(2 * time.Second), advisortest.Says(suggestion())}, 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s := advisedBy(t, c.does...)
			if name == "slow" {
				w.advisor = asking(s, &http.Client{Transport: impatient{s, &http.Transport{}}})
			}
			result := runOptimize(t, environment(t, w), optimizeInput())
			require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
			require.InDelta(t, 4, result.Gain.ThroughputRatio, 0.01)
			require.Len(t, s.Calls(), c.calls)
			require.Len(t, w.exchanges, c.calls, "every attempt is kept for audit")
			record := closed(t, w)
			require.NotNil(t, record.Advisor)
			if name == "nothing but cuts" {
				require.Equal(t, 1, record.Advisor.Refused.CapabilityCuts)
				require.Empty(t, record.Advisor.Recommendations)
				return
			}
			if name == "answers at third trial" {
				require.Equal(t, serving.InsightAnswered, record.Advisor.Status)
				require.Equal(t, 3, record.Advisor.Usage.Attempts)
				return
			}
			require.Equal(t, serving.InsightUnavailable, record.Advisor.Status)
			require.Contains(t, record.Advisor.Reason, c.reason)
			require.Contains(t, record.Advisor.Summary, "The rules find")
			require.True(t, slices.ContainsFunc(w.events, func(e serving.EventRecord) bool {
				return strings.HasPrefix(e.Message, "the run goes on by rules and model: ")
			}))
		})
	}
}

func TestOptimize_WithoutALanguageModel_SaysSo(t *testing.T) {
	t.Parallel()
	w := improvable()
	runOptimize(t, environment(t, w), optimizeInput())
	record := closed(t, w)
	require.Equal(t, serving.InsightOff, record.Advisor.Status)
	require.Equal(t, "no language model is configured", record.Advisor.Reason)
	require.NotEmpty(t, record.Sources)

	w, s := advisedBy(t, advisortest.Says(suggestion()))
	in := optimizeInput()
	in.Options.WithoutAdvisor = true
	runOptimize(t, environment(t, w), in)
	require.Nil(t, closed(t, w).Advisor)
	require.Empty(t, s.Calls())
}

func TestInsight_TokensOfOneSubject_AreBounded(t *testing.T) {
	t.Parallel()
	w, s := advisedBy(t, advisortest.Says("no JSON"))
	for range 5 { // an earlier worker's calls
		w.exchanges = append(w.exchanges, serving.AdvisorExchange{Key: "other", Subject: "i", PromptTokens: 3000, CompletionTokens: 500})
	}
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Insight, insightInput(w, "i"))
	require.NoError(t, env.GetWorkflowError())
	require.Empty(t, s.Calls())
	require.Contains(t, w.insights[0].Reason, "beyond its budget of 20000")
}

func TestOptimize_SameQuestion_IsAnsweredFromTheStore(t *testing.T) {
	t.Parallel()
	w, s := advisedBy(t, advisortest.Says(suggestion()))
	ask := func() serving.Insight {
		env := environment(t, w)
		env.ExecuteWorkflow(workflows.Insight, insightInput(w, "i"))
		require.NoError(t, env.GetWorkflowError())
		var out serving.Insight
		require.NoError(t, env.GetWorkflowResult(&out))
		return out
	}
	first, second := ask(), ask()
	require.False(t, first.Usage.Cached)
	require.True(t, second.Usage.Cached)
	require.Len(t, s.Calls(), 1)
	require.Equal(t, first.Recommendations, second.Recommendations)
}

func insightInput(w *world, id string) workflows.InsightInput {
	return workflows.InsightInput{RequestedBy: "ana", Question: activities.AdviseInput{Subject: id, Fleet: w.fleet, Workload: *w.fleet.Workload,
		Bottlenecks: []serving.Bottleneck{{Kind: serving.BottleneckHostOverhead, Severity: serving.SeverityHigh, Summary: "steps are launch-bound"}}}}
}

// virtual runs an insight on the workflow's clock against attempts that take that
// long each, and returns what was said and after how many seconds.
func virtual(t *testing.T, attempts ...time.Duration) (serving.Insight, time.Duration) {
	t.Helper()
	w := improvable()
	env := environment(t, w)
	env.OnActivity("Advise", mock.Anything, mock.Anything).After(attempts[0]).Return(activities.AdviseResult{}, errors.New("no answer in time")).Once()
	env.OnActivity("Advise", mock.Anything, mock.Anything).After(attempts[1]).Return(activities.AdviseResult{}, errors.New("no answer in time")).Once()
	env.OnActivity("Advise", mock.Anything, mock.Anything).After(attempts[2]).Return(
		func(context.Context, activities.AdviseInput) (activities.AdviseResult, error) {
			return activities.AdviseResult{Insight: serving.Insight{Status: serving.InsightAnswered, Summary: "late, and there"}}, nil
		})
	began := env.Now()
	env.ExecuteWorkflow(workflows.Insight, insightInput(w, "i"))
	require.NoError(t, env.GetWorkflowError())
	var out serving.Insight
	require.NoError(t, env.GetWorkflowResult(&out))
	return out, env.Now().Sub(began)
}

func TestInsight_TwoAttemptsRunOut_TheThirdAnswersWithin30Seconds(t *testing.T) {
	t.Parallel()
	nearly := 8*time.Second - 10*time.Millisecond
	got, took := virtual(t, nearly, nearly, nearly)
	require.Equal(t, serving.InsightAnswered, got.Status, got.Reason)
	require.Less(t, took, 30*time.Second)
	require.Greater(t, took, 24*time.Second)
	t.Logf("insight with two failed attempts: %.1f s of workflow time", took.Seconds())
}

func TestInsight_CanBeAskedForByAPerson_AndIsKept(t *testing.T) {
	t.Parallel()
	w, _ := advisedBy(t, advisortest.Says(suggestion()))
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Insight, insightInput(w, "an-id"))
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, w.insights, 1)
	require.Equal(t, "an-id", w.insights[0].ID)
	require.Equal(t, "ana", w.insights[0].RequestedBy)
	require.Empty(t, w.insights[0].RunID)
	require.NotContains(t, w.exchanges[0].Prompt, fleetName)
}

func TestInsight_Canceled_EndsAsCanceled(t *testing.T) {
	t.Parallel()
	w := improvable()
	env := environment(t, w)
	env.OnActivity("Advise", mock.Anything, mock.Anything).After(5*time.Second).Return(activities.AdviseResult{}, nil)
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Second)
	env.ExecuteWorkflow(workflows.Insight, insightInput(w, "i"))
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()))
}
