package detection

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// Result is one run. Times are in seconds since the canary broke; one that is
// absent was not reached within the limit.
type Result struct {
	Case
	Run      int      `json:"run"`
	Detected *float64 `json:"detected_seconds"`
	Restored *float64 `json:"restored_seconds"`
	Source   string   `json:"source,omitempty"` // who saw it: watch or stage
	Reason   string   `json:"reason,omitempty"`
	// Invalid says why the run measured nothing, for example that the rollout had
	// gone back before the canary broke.
	Invalid string `json:"invalid,omitempty"`
}

// String is the run in a line.
func (r Result) String() string {
	if r.Invalid != "" {
		return fmt.Sprintf("run %d, %s: invalid: %s", r.Run, r.Case, r.Invalid)
	}
	return fmt.Sprintf("run %d, %s: detected after %s by %s, restored after %s: %s", r.Run, r.Case, seconds(r.Detected),
		cmp.Or(r.Source, "nobody"), seconds(r.Restored), r.Reason)
}

func seconds(s *float64) string {
	if s == nil {
		return "never"
	}
	return fmt.Sprintf("%.1f s", *s)
}

// Limits of one run.
const (
	stageLimit = time.Minute // until the canary has its share
	// drainSeconds bounds the drain, which comes after the restoration that is
	// measured: a hanging canary would only make the bench longer.
	drainSeconds = 5
	endLimit     = 30 * time.Second // from the way back to the end of the workflow
)

// plan is the product's default one, of one stage at the share.
func plan(percent int) workflows.Plan {
	return workflows.Plan{Weights: []int{percent, 100}, DrainSeconds: drainSeconds}
}

// breaksAfter spreads the moments of breaking over the ticks of watch and judge,
// from 5 to 15 s after the shift, by the golden ratio.
func breaksAfter(run int) time.Duration {
	_, part := math.Modf(float64(run) * 0.6180339887)
	return time.Duration((5 + 10*part) * float64(time.Second))
}

// roll takes one fleet through a rollout whose canary breaks.
func (s *stack) roll(ctx context.Context, c Case, run int, limit time.Duration) (Result, error) {
	r := Result{Case: c, Run: run}
	f, err := s.openFleet(ctx, fmt.Sprintf("fleet-%d", run), uint64(run)+1)
	if err != nil {
		return r, err
	}
	defer f.close()
	name := f.record.Name
	to, err := configOf(128)
	if err != nil {
		return r, err
	}
	monitor, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: workflows.MonitorID(name), TaskQueue: workflows.QueueMain},
		workflows.Monitor, workflows.MonitorInput{Fleet: name})
	if err != nil {
		return r, fmt.Errorf("start the monitor of %s: %w", name, err)
	}
	defer func() { _ = s.client.CancelWorkflow(context.WithoutCancel(ctx), monitor.GetID(), "") }()
	rollout, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: workflows.RolloutID(name), TaskQueue: workflows.QueueMain},
		workflows.Rollout, workflows.RolloutInput{Fleet: name, To: to, Plan: plan(c.Percent)})
	if err != nil {
		return r, fmt.Errorf("start the rollout of %s: %w", name, err)
	}
	if err := f.awaitShare(ctx, c.Percent, breaksAfter(run)); err != nil {
		return r, err
	}
	broke := time.Now()
	if err := s.site.breakCanary(name, c.Plant); err != nil {
		r.Invalid = err.Error()
		return r, nil
	}
	return r, s.awaitEnd(ctx, rollout, &r, broke, limit)
}

// awaitShare returns that long after the canary got its share.
func (f *fleet) awaitShare(ctx context.Context, percent int, after time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, stageLimit)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for f.gateway.Traffic().Weights.Of(serving.Canary) != percent {
		select {
		case <-ctx.Done():
			return fmt.Errorf("canary of %s at %d%%: %w", f.record.Name, percent, ctx.Err())
		case <-look.C:
		}
	}
	wait := time.NewTimer(after)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return nil
	}
}

// awaitEnd reads the times off the rollout's own result, or ends a rollout that
// noticed nothing within the limit.
func (s *stack) awaitEnd(ctx context.Context, rollout client.WorkflowRun, r *Result, broke time.Time, limit time.Duration) error {
	patient, cancel := context.WithTimeout(ctx, limit+endLimit)
	defer cancel()
	var out workflows.RolloutResult
	err := rollout.Get(patient, &out)
	if patient.Err() != nil && ctx.Err() == nil {
		r.Reason = fmt.Sprintf("nothing was decided within %.0f s", limit.Seconds())
		return s.client.CancelWorkflow(ctx, rollout.GetID(), "")
	}
	if err != nil {
		return fmt.Errorf("rollout of run %d: %w", r.Run, err)
	}
	r.read(out, float64(broke.UnixNano())/1e9, limit.Seconds())
	return nil
}

// read takes the times from a result; brokeUnix is in seconds since 1970.
func (r *Result) read(out workflows.RolloutResult, brokeUnix, limit float64) {
	r.Reason = out.Reason
	if out.Violation == nil || out.Outcome != serving.OutcomeRolledBack {
		r.Invalid = fmt.Sprintf("ended as %s: %s", out.Outcome, out.Reason)
		return
	}
	detected, restored := out.Violation.DetectedUnix-brokeUnix, out.RestoredUnix-brokeUnix
	r.Source = out.Violation.Source
	if detected < 0 {
		r.Invalid = "went back before the canary broke: " + out.Reason
		return
	}
	if detected <= limit {
		r.Detected = &detected
	}
	if out.RestoredUnix > 0 && restored <= limit {
		r.Restored = &restored
	}
}
