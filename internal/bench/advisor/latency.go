package advisor

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/advisor"
	"github.com/optiinfra/performance-agent/internal/advisor/advisortest"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// Insight is how one insight went against the stand-in.
type Insight struct {
	Case     string                `json:"case"`
	Status   serving.InsightStatus `json:"status"`
	Reason   string                `json:"reason,omitempty"`
	Attempts int                   `json:"attempts"`
	// Seconds on the workflow's clock: the waits between attempts are skipped and
	// counted.
	Seconds float64 `json:"seconds"`
}

// insights are the ways in which the API may behave. Attempts that run out are not
// among them, as a clock that skips waits does not tell their time: the test of the
// workflow has them.
func insights() (names []string, behaviours [][]advisortest.Behaviour) {
	answer := advisortest.Says(advisortest.Answer("More slots.", advisortest.Proposal{Title: "more slots", Finding: "slot-bound", Changes: []string{"--max-num-seqs", "set", "128"}}))
	add := func(name string, does ...advisortest.Behaviour) {
		names, behaviours = append(names, name), append(behaviours, does)
	}
	add("answers at once", answer)
	add("500, then 429 with Retry-After of 6 s, then an answer", advisortest.Fails(500, "internal_error"), advisortest.Limits(6*time.Second), answer)
	add("429 with Retry-After of 5 min", advisortest.Limits(5*time.Minute))
	add("malformed JSON throughout", advisortest.Says(`{"summary":`))
	add("a refusal", advisortest.Refuses("no"))
	add("streams that break off", advisortest.BreaksOff("x"))
	return names, behaviours
}

func measureInsights() ([]Insight, error) {
	names, behaviours := insights()
	var out []Insight
	for i, name := range names {
		got, err := measureInsight(name, behaviours[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, got)
	}
	return out, nil
}

func measureInsight(name string, does []advisortest.Behaviour) (Insight, error) {
	server := advisortest.Start(does...)
	defer server.Close()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	workflows.Register(env)
	client := advisor.New(advisor.Options{URL: server.URL(), Key: advisortest.Key, HTTP: http.DefaultClient})
	env.RegisterActivity(activities.NewAdvisor(known.Engines(), client, forgets{}, forgets{}, 1<<20))
	env.RegisterActivityWithOptions(func(context.Context, activities.RecordInput) error { return nil }, activity.RegisterOptions{Name: "Record"})
	began := env.Now()
	env.ExecuteWorkflow(workflows.Insight, workflows.InsightInput{Question: activities.AdviseInput{Subject: "bench", Fleet: serving.Fleet{Name: "bench",
		Config: serving.EngineConfig{Engine: serving.VLLM, Model: "meta-llama/Llama-3.1-8B-Instruct"}, Hardware: serving.Hardware{GPU: "H100"}}}})
	var insight serving.Insight
	if err := env.GetWorkflowError(); err != nil {
		return Insight{}, err
	}
	err := env.GetWorkflowResult(&insight)
	return Insight{Case: name, Status: insight.Status, Reason: insight.Reason, Attempts: len(server.Calls()), Seconds: env.Now().Sub(began).Seconds()}, err
}

// forgets is a store without anything in it.
type forgets struct{}

func (forgets) SaveExchange(context.Context, serving.AdvisorExchange) error { return nil }

func (forgets) AnsweredExchange(context.Context, string) (serving.AdvisorExchange, bool, error) {
	return serving.AdvisorExchange{}, false, nil
}

func (forgets) AdvisorUsage(context.Context, string) (serving.AdvisorUsage, error) {
	return serving.AdvisorUsage{}, nil
}

func (forgets) RecentTrials(context.Context, string) ([]serving.TrialRecord, error) { return nil, nil }

func (forgets) Trials(context.Context, string) ([]serving.TrialRecord, error) { return nil, nil }
