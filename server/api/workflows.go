package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/optiinfra/performance-agent/workflows"
)

// Execution names one workflow; RunID is that of its first execution, which
// stays when the workflow continues as new.
type Execution struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// Start asks for a workflow.
type Start struct {
	Type    string // workflow type, for example "Optimize"
	ID      string
	Fleet   string
	Engine  string
	Summary string // one line for the Web UI
	Input   any
	// Order tells one request from every other, also when it is sent again; "" tells
	// nothing. A running workflow of that ID that the same order started is returned
	// as started, not as BusyError: the answer to the first request was lost.
	Order string
	// JoinRunning returns the running workflow of that ID instead of BusyError.
	JoinRunning bool
}

// Workflow types, as registered by the worker.
const (
	TypeOptimize  = "Optimize"
	TypeRollout   = "Rollout"
	TypeMonitor   = "Monitor"
	TypeLoadTest  = "LoadTest"
	TypeValidate  = "Validate"
	TypeWave      = "Wave"
	TypeAnnounce  = "Announce"
	TypeRemember  = "Remember"
	TypeScheduled = "Scheduled"
)

// Workflows starts, asks and commands the durable side. Every method returns
// within the context's deadline; none waits for a workflow to end. Their errors
// are the ones below.
type Workflows interface {
	// Start fails with *BusyError while a workflow of that ID runs.
	Start(ctx context.Context, s Start) (Execution, error)
	// Status decodes the answer to the status query; it works on closed workflows.
	Status(ctx context.Context, e Execution, into any) error
	// Command sends an update and waits for its answer. The same updateID has
	// effect once.
	Command(ctx context.Context, e Execution, name, updateID string, c workflows.Command) (workflows.CommandAnswer, error)
	// Signal tells the open workflow of an ID something and waits for no answer;
	// ErrUnknownWorkflow or ErrWorkflowClosed when there is none.
	Signal(ctx context.Context, workflowID, name string, payload any) error
	// Cancel asks the workflow to undo and end.
	Cancel(ctx context.Context, e Execution) error
	// Running returns the open workflow of an ID, if there is one.
	Running(ctx context.Context, workflowID string) (Execution, bool, error)
	// Find looks for a workflow of a type by the ID of its run.
	Find(ctx context.Context, workflowType, runID string) (Execution, error)
}

// What can be wrong with a workflow.
var (
	ErrUnknownWorkflow = errors.New("no such workflow")
	ErrWorkflowClosed  = errors.New("the workflow has ended")
	ErrNotReady        = errors.New("the workflow cannot answer yet")
	ErrUnavailable     = errors.New("temporal does not answer")
	ErrNoWorker        = errors.New("no worker answered in time")
	ErrRefusedInput    = errors.New("temporal refused the request")
)

// BusyError says that another workflow holds the ID.
type BusyError struct{ Current Execution }

func (e *BusyError) Error() string {
	return fmt.Sprintf("workflow %s is running already (run %s)", e.Current.WorkflowID, e.Current.RunID)
}

// RejectedError is a command that the workflow's validator or handler refused.
type RejectedError struct{ Type, Message string }

func (e *RejectedError) Error() string { return e.Message }
