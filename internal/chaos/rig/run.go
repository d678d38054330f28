package rig

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// Limits of a run. They are for what will never come, not for slow machines.
const (
	runLimit    = 7 * time.Minute
	settleLimit = 2 * time.Minute
)

// run is one plan at work.
type run struct {
	cell    *cell
	plan    chaos.Plan
	fleet   *fleet
	who     *person
	moments *moments
	look    func() census

	execution  execution
	to         serving.EngineConfig // of a rollout; a search chooses its own
	troubledAt time.Time
	facts      chaos.Facts
}

// execution is a workflow that the API started.
type execution struct {
	ID         string `json:"id"`
	WorkflowID string `json:"workflow_id"`
}

// play makes the run of a plan and looks at what became of it.
func (c *cell) play(ctx context.Context, p chaos.Plan, look func() census) chaos.Result {
	began := time.Now()
	r := &run{cell: c, plan: p, who: newPerson(c.base, p.Fleet()), moments: newMoments(), look: look}
	result := chaos.Result{Plan: p}
	if err := r.play(ctx, &result); err != nil {
		result.Failed = err.Error()
	}
	result.Around = c.around(p.Seed, began)
	result.Seconds = time.Since(began).Seconds()
	return result
}

func (r *run) play(ctx context.Context, out *chaos.Result) (err error) {
	r.fleet, err = r.cell.openFleet(ctx, r.plan, r.who)
	defer func() { err = errors.Join(err, r.leave()) }()
	if err != nil {
		return fmt.Errorf("prepare the fleet: %w", err)
	}
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { r.cell.watch(watching, r.fleet, r.moments, r.look) })
	defer func() { stop(); watch.Wait() }()
	if err := r.start(ctx); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	r.moments.reach(chaos.Accepted)
	out.Blows = r.through(ctx)
	return r.judge(ctx, out)
}

// through lets the faults fall while the workflow runs, and returns when it has ended
// and all faults are over.
func (r *run) through(ctx context.Context) []chaos.Blow {
	over := make(chan struct{})
	blows := make([]chaos.Blow, len(r.plan.Faults))
	var dealing sync.WaitGroup
	for i, f := range r.plan.Faults {
		dealing.Go(func() { blows[i] = r.deal(f, over) })
	}
	dealing.Go(func() { r.step(ctx, over) })
	r.await(ctx)
	close(over)
	dealing.Wait()
	return blows
}

// step is what the scenario itself has come in mid-stage.
func (r *run) step(ctx context.Context, over <-chan struct{}) {
	if r.plan.Scenario != chaos.Violation && r.plan.Scenario != chaos.Recall {
		return
	}
	select {
	case <-r.moments.news[chaos.CanaryServes]:
	case <-over:
		return
	}
	wait := time.NewTimer(time.Duration(r.plan.StepMS) * time.Millisecond)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-over:
		return
	}
	r.troubledAt = time.Now()
	if r.plan.Scenario == chaos.Violation {
		_ = r.fleet.faults.plant(slowCanary)
		return
	}
	// Refused where it is over by now, which is no trouble.
	_ = r.who.send(ctx, "rollout.rollback", http.MethodPost, "/api/v1/rollouts/"+r.execution.ID+"/rollback", map[string]string{"reason": "chaos"}, nil)
}

func (r *run) start(ctx context.Context) error {
	var err error
	if r.to, err = configOf(newFlags); err != nil {
		return err
	}
	path := "/api/v1/fleets/" + r.fleet.name
	if r.plan.Scenario == chaos.Optimize {
		return r.who.send(ctx, "run.start", http.MethodPost, path+"/runs", searchOptions(), &r.execution)
	}
	body := map[string]any{"changes": serving.Diff(r.fleet.record.Config, r.to), "plan": rolloutPlan()}
	return r.who.send(ctx, "rollout.start", http.MethodPost, path+"/rollouts", body, &r.execution)
}

// await waits for the end of the workflow, whatever happens to Temporal meanwhile.
func (r *run) await(ctx context.Context) {
	r.facts.Unseen = nil
	err := until(ctx, runLimit, "end of "+r.execution.WorkflowID, func(ctx context.Context) bool {
		ctx, cancel := context.WithTimeout(ctx, lookTimeout)
		defer cancel()
		d, err := r.cell.client.DescribeWorkflowExecution(ctx, r.execution.WorkflowID, r.execution.ID)
		if err != nil {
			return false
		}
		status := d.GetWorkflowExecutionInfo().GetStatus()
		r.facts.Status = status.String()
		return status != enums.WORKFLOW_EXECUTION_STATUS_RUNNING
	})
	r.facts.Ended = err == nil
}

// read takes the workflow's own word.
func (r *run) read(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	w := r.cell.client.GetWorkflow(ctx, r.execution.WorkflowID, r.execution.ID)
	var err error
	if r.plan.Scenario == chaos.Optimize {
		var out workflows.OptimizeResult
		err = w.Get(ctx, &out)
		r.facts.Outcome, r.facts.Reason = out.Outcome, out.Reason
		if out.Winner != nil && out.Rollout != nil {
			r.facts.To = out.Winner.Config.Key()
		}
	} else {
		var out workflows.RolloutResult
		err = w.Get(ctx, &out)
		r.facts.Outcome, r.facts.Reason = out.Outcome, out.Reason
		r.facts.To = r.to.Key()
	}
	if err != nil {
		r.facts.Reason = err.Error()
	}
	var failed *temporal.ApplicationError
	if errors.As(err, &failed) {
		r.facts.Failure = failed.Type()
	}
}

// leave takes the run's fleet away again.
func (r *run) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if !r.facts.Ended && r.execution.ID != "" {
		_ = r.cell.client.TerminateWorkflow(ctx, r.execution.WorkflowID, "", "the fault run is over")
	}
	// Straight to Temporal: the API may know nothing of a fleet that was not made.
	_ = r.cell.client.TerminateWorkflow(ctx, workflows.MonitorID(r.plan.Fleet()), "", "the fault run is over")
	return r.cell.closeFleet(ctx, r.fleet)
}
