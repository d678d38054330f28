package rig

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	sdkworkflow "go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/workflows"
)

// namespace is the dev server's.
const namespace = "default"

func quiet() log.Logger {
	return log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
}

// replay runs every history of the fleet again, as a worker with an empty cache
// would, and names those that the code does not reproduce.
func (c *cell) replay(ctx context.Context, fleet string) (bad []string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	executions, err := c.executions(ctx, fleet)
	if err != nil {
		return []string{fmt.Sprintf("histories of %s: %v", fleet, err)}
	}
	if len(executions) == 0 {
		return []string{"there are no histories of " + fleet}
	}
	replayer := worker.NewWorkflowReplayer()
	workflows.Register(replayer)
	for _, e := range executions {
		at := sdkworkflow.Execution{ID: e.GetExecution().GetWorkflowId(), RunID: e.GetExecution().GetRunId()}
		if err := c.replayOne(ctx, replayer, at, e.GetStatus()); err != nil {
			bad = append(bad, fmt.Sprintf("%s (%s): %v", at.ID, at.RunID, err))
		}
	}
	return bad
}

// replayOne replays a closed history whole, and of an open one what is decided.
func (c *cell) replayOne(ctx context.Context, replayer worker.WorkflowReplayer, at sdkworkflow.Execution, status enums.WorkflowExecutionStatus) error {
	h, err := c.history(ctx, at)
	if err != nil {
		return err
	}
	if status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING || status == enums.WORKFLOW_EXECUTION_STATUS_TERMINATED {
		h = decided(h)
	}
	if len(h.GetEvents()) == 0 {
		return nil
	}
	return replayer.ReplayWorkflowHistoryWithOptions(quiet(), h, worker.ReplayWorkflowHistoryOptions{OriginalExecution: at})
}

// executions lists the fleet's workflows. Temporal's index follows its histories
// within seconds, so an empty list is asked for again.
func (c *cell) executions(ctx context.Context, fleet string) (out []*workflow.WorkflowExecutionInfo, err error) {
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: namespace, PageSize: 200, Query: fmt.Sprintf("Fleet = %q", fleet)}
	failed := until(ctx, 30*time.Second, "list of workflows", func(ctx context.Context) bool {
		page, asked := c.client.ListWorkflow(ctx, request)
		if err = asked; err != nil {
			return false
		}
		out = page.GetExecutions()
		return len(out) > 0
	})
	if err == nil {
		err = failed
	}
	return out, err
}
