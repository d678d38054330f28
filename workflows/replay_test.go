package workflows_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/workflows"
)

// recorded is a history as the recorder in internal/e2e writes it: with the ID
// that it ran under, since child IDs derive from it.
type recorded struct {
	WorkflowID string          `json:"workflow_id"`
	RunID      string          `json:"run_id"`
	Type       string          `json:"type"`
	History    json.RawMessage `json:"history"`
}

func histories(t *testing.T) map[string]recorded {
	t.Helper()
	files, err := filepath.Glob("testdata/replay/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files, "no recorded histories: run make record")
	out := map[string]recorded{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		var r recorded
		require.NoError(t, json.Unmarshal(b, &r))
		out[filepath.Base(file)] = r
	}
	return out
}

func replay(t *testing.T, r recorded, register func(worker.WorkflowRegistry)) error {
	t.Helper()
	history, err := client.HistoryFromJSON(bytes.NewReader(r.History), client.HistoryJSONOptions{})
	require.NoError(t, err)
	replayer := worker.NewWorkflowReplayer()
	register(replayer)
	return replayer.ReplayWorkflowHistoryWithOptions(nil, history, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: r.WorkflowID, RunID: r.RunID}})
}

func TestReplay_RecordedHistories_StillReplay(t *testing.T) {
	for name, r := range histories(t) {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, replay(t, r, workflows.Register))
		})
	}
}

func TestReplay_EveryWorkflow_HasARecordedHistory(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range histories(t) {
		seen[r.Type] = true
	}
	registered := &registry{}
	workflows.Register(registered)
	require.NotEmpty(t, registered.names)
	for _, want := range registered.names {
		require.True(t, seen[want], "no recorded history of %s: run make record", want)
	}
}

// registry notes the types of the workflows that a worker would know.
type registry struct {
	worker.WorkflowRegistry // nil: whatever else is registered panics
	names                   []string
}

func (r *registry) RegisterWorkflow(w any) {
	name := runtime.FuncForPC(reflect.ValueOf(w).Pointer()).Name()
	r.names = append(r.names, name[strings.LastIndex(name, ".")+1:])
}

// A replay test that cannot fail proves nothing: a workflow that does something
// else must not replay.
func TestReplay_ChangedWorkflow_Diverges(t *testing.T) {
	for name, r := range histories(t) {
		if r.Type != "Rollout" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			changed := func(ctx workflow.Context, _ workflows.RolloutInput) (workflows.RolloutResult, error) {
				return workflows.RolloutResult{}, workflow.Sleep(ctx, 1)
			}
			err := replay(t, r, func(registry worker.WorkflowRegistry) {
				registry.RegisterWorkflowWithOptions(changed, workflow.RegisterOptions{Name: "Rollout"})
			})
			require.Error(t, err)
		})
	}
}
