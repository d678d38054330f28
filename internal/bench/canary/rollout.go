package canary

import (
	"fmt"
	"log/slog"
	"time"

	tlog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// Result is how the rollout of a plant ended.
type Result struct {
	Plant    string  `json:"plant"`
	Seed     uint64  `json:"seed"`
	Want     Want    `json:"want"`
	Or       Want    `json:"or,omitempty"`
	Got      Want    `json:"got"`
	Right    bool    `json:"right"`
	AtWeight int     `json:"at_weight"` // where it was decided
	Seconds  float64 `json:"seconds"`   // of virtual time until then
	Sentence string  `json:"sentence"`
}

// plan is the default of a cautious rollout, with fewer looks and resamples for
// time.
func plan(seed uint64) workflows.Plan {
	return workflows.Plan{TickSeconds: 30, Judge: judge.Config{Resamples: 300, Seed: seed}}
}

// wallClock bounds one rollout, which takes a second or two of it.
const wallClock = 5 * time.Minute

// Roll runs the real rollout of a plant in virtual time.
func Roll(p Plant, seed uint64) (Result, error) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(tlog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(wallClock)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: wallClock}) // a busy machine is no deadlock
	began := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	env.SetStartTime(began)
	now := func() float64 { return float64(env.Now().UnixNano()) / 1e9 }
	w := newProduction(p, seed, now)
	workflows.Register(env)
	for _, a := range []any{activities.NewFleets(w), activities.NewAnalysis(known.Engines()), activities.NewVariants(w),
		activities.NewTraffic(w), activities.NewJudgingAt(now, w, w, w), activities.NewHistory(w), activities.NewAdmission(w, w), activities.NewSlots(nil, 0)} {
		env.RegisterActivity(a)
	}
	to := w.fleet.Config.With("--max-num-seqs", "512")
	env.ExecuteWorkflow(workflows.Rollout, workflows.RolloutInput{Fleet: fleetName, To: to, Plan: plan(seed), RunID: "bench"})
	if err := env.GetWorkflowError(); err != nil {
		return Result{}, fmt.Errorf("rollout of %q, seed %d: %w", p.Name, seed, err)
	}
	var out workflows.RolloutResult
	if err := env.GetWorkflowResult(&out); err != nil {
		return Result{}, fmt.Errorf("rollout of %q, seed %d: %w", p.Name, seed, err)
	}
	return resultOf(p, seed, out, float64(began.Unix())), nil
}

func resultOf(p Plant, seed uint64, out workflows.RolloutResult, began float64) Result {
	r := Result{Plant: p.Name, Seed: seed, Want: p.Want, Or: p.Or, Got: Back, Sentence: out.Reason}
	if n := len(out.Stages); n > 0 {
		last := out.Stages[n-1]
		r.AtWeight, r.Seconds, r.Sentence = last.Weight, last.EndedUnix-began, last.Judgement.Sentence
		if last.NeedsHuman {
			r.Got = Ask
		}
	}
	if out.Outcome == serving.OutcomePromoted {
		r.Got = Promote
	}
	r.Right = r.Got == p.Want || r.Got == p.Or
	return r
}
