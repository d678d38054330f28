package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// Types of tasks that an orchestrator may give us.
const (
	// TaskOptimizeKVCache tries what the rules say of the KV cache, and nothing else.
	TaskOptimizeKVCache = "optimize_kv_cache"
	// TaskTuneInference is a whole run.
	TaskTuneInference = "tune_inference"
)

// TaskTypes are all types of tasks.
func TaskTypes() []string { return []string{TaskOptimizeKVCache, TaskTuneInference} }

// TaskRequest is a task of the orchestrator's.
type TaskRequest struct {
	_ struct{} `additionalProperties:"true"`
	// ID makes the task idempotent: the same again is the same run.
	ID             string         `json:"task_id" minLength:"1" maxLength:"128"`
	Type           string         `json:"task_type" example:"tune_inference"`
	Parameters     TaskParameters `json:"parameters"`
	TimeoutSeconds float64        `json:"timeout_seconds,omitempty" minimum:"0" maximum:"3600" doc:"How long the orchestrator waits for the answer; 300 by default. The run goes on beyond it."`
	Priority       any            `json:"priority,omitempty" doc:"Taken, and without effect: a fleet has one run at a time."`
}

// TaskParameters say what to work on.
type TaskParameters struct {
	Fleet   string                     `json:"fleet,omitempty" doc:"Name of the fleet." example:"chat"`
	Options *workflows.OptimizeOptions `json:"options,omitempty" doc:"As for POST /api/v1/fleets/{fleet}/runs."`
}

// Ends of a task.
const (
	TaskCompleted = "completed"
	TaskFailed    = "failed"
)

// TaskAnswer is what became of a task.
type TaskAnswer struct {
	ID              string      `json:"task_id"`
	Status          string      `json:"status" enum:"completed,failed"`
	Result          *TaskResult `json:"result,omitempty"`
	Error           string      `json:"error,omitempty"`
	ExecutionTimeMS int64       `json:"execution_time_ms" doc:"Of the run once it has ended, else of this call."`
}

// TaskResult is the run that does the task.
type TaskResult struct {
	RunID      string               `json:"run_id,omitempty"`
	WorkflowID string               `json:"workflow_id,omitempty"`
	Fleet      string               `json:"fleet"`
	Phase      string               `json:"phase,omitempty"`
	Outcome    serving.Outcome      `json:"outcome,omitempty"`
	Reason     string               `json:"reason,omitempty"`
	Gain       *serving.Comparison  `json:"gain,omitempty"`
	Changes    []serving.FlagChange `json:"changes,omitempty"` // what the winner has that the fleet had not
}

const (
	defaultTaskTimeout = 300 * time.Second
	// taskWrite is what is left for the answer itself.
	taskWrite = 10 * time.Second
	// tasksAtOnce bounds the connections that wait for runs.
	tasksAtOnce = 64
)

func (s *Server) registerTasks() {
	handle(s, route{method: http.MethodPost, path: "/task", id: "task", group: "system", stream: true, action: "task.take",
		summary: "A task from the orchestrator: starts the run, or finds the one of the same task_id, and waits for its end within the timeout",
		errors:  []int{http.StatusServiceUnavailable}}, s.takeTask)
	op := s.api.OpenAPI().Paths["/task"].Post
	op.Responses["200"].Content = map[string]*huma.MediaType{"application/json": {
		Schema: s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[TaskAnswer](), true, "TaskAnswer"),
	}}
}

// takeTask answers everything that is about the task itself with 200, as the
// orchestrator's protocol wants; only what is no task at all is a problem.
func (s *Server) takeTask(ctx context.Context, in *struct{ Body TaskRequest }) (*raw, error) {
	if plainOr(in.Body.ID, "") == "" {
		return nil, invalid("body.task_id", "must be 1 to 128 printable characters", "use a UUID")
	}
	select {
	case s.tasks <- struct{}{}:
	default:
		p := newProblem(http.StatusServiceUnavailable, "too-many-tasks", fmt.Sprintf("%d tasks are waited for already", tasksAtOnce))
		p.retryAfterSeconds = retrySeconds
		return nil, p
	}
	began := s.deps.Now()
	timeout := defaultTaskTimeout
	if t := in.Body.TimeoutSeconds; t > 0 {
		timeout = time.Duration(t * float64(time.Second))
	}
	starting, cancel := context.WithTimeout(ctx, min(timeout, maxCollect))
	defer cancel()
	result, err := s.startTask(starting, in.Body)
	remark(ctx, in.Body.Parameters.Fleet, nil, map[string]any{"task": in.Body.ID, "type": in.Body.Type, "run": result.RunID})
	return &raw{Body: func(hc huma.Context) {
		defer func() { <-s.tasks }()
		c := humaecho.UnwrapV4(hc)
		_ = http.NewResponseController(c.Response()).SetWriteDeadline(began.Add(timeout + taskWrite)) // a recorder has none
		out := s.finishTask(ctx, in.Body.ID, result, err, began, timeout)
		if err := c.JSON(http.StatusOK, out); err != nil {
			s.deps.Log.WarnContext(ctx, "answer to a task lost", "task", in.Body.ID, "error", err)
		}
	}}, nil
}

// finishTask waits for the run and says what became of it.
func (s *Server) finishTask(ctx context.Context, id string, result TaskResult, err error, began time.Time, timeout time.Duration) TaskAnswer {
	out := TaskAnswer{ID: id, Status: TaskFailed}
	took := func() int64 { return s.deps.Now().Sub(began).Milliseconds() }
	if err != nil {
		out.Error, out.ExecutionTimeMS = s.taskError(ctx, err), took()
		return out
	}
	out.Result = &result
	if result.RunID == "" {
		out.Status, out.ExecutionTimeMS = TaskCompleted, took()
		return out
	}
	run, _, err := await(ctx, s, began.Add(timeout), func(ctx context.Context) (serving.RunRecord, bool, error) {
		run, err := s.deps.Store.Run(ctx, result.RunID)
		return run, run.ClosedAt != nil, err
	})
	out.ExecutionTimeMS = took()
	if err != nil {
		out.Error = s.taskError(ctx, err)
		return out
	}
	result.Phase, result.Outcome, result.Reason, result.Gain = run.Phase, run.Outcome, run.Reason, run.Gain
	if run.Winner != nil && run.Baseline != nil {
		result.Changes = serving.Diff(run.Baseline.Config, run.Winner.Config)
	}
	if run.ClosedAt == nil {
		out.Error = fmt.Sprintf("the run goes on (%s) beyond the task's timeout; send the same task_id again for its end", run.Phase)
		return out
	}
	out.ExecutionTimeMS = run.ClosedAt.Sub(run.StartedAt).Milliseconds()
	if out.Status = taskStatus(run.Outcome); out.Status == TaskFailed {
		out.Error = fmt.Sprintf("the run ended %s: %s", run.Outcome, run.Reason)
	}
	return out
}

// taskError is what a problem would say; its cause goes to the log.
func (s *Server) taskError(ctx context.Context, err error) string {
	p := s.problemOf(err)
	if p.cause != nil {
		s.deps.Log.ErrorContext(ctx, "task failed", "request_id", callerOf(ctx).RequestID, "error", p.cause)
	}
	return p.Detail
}

// taskStatus: that there is nothing to gain is an answer, and so is advice.
func taskStatus(o serving.Outcome) string {
	switch o {
	case serving.OutcomePromoted, serving.OutcomeNoImprovement, serving.OutcomeInfeasible, serving.OutcomeAdvised:
		return TaskCompleted
	}
	return TaskFailed
}
