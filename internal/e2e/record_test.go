package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// record writes the history of a workflow for the replay tests when
// RECORD_HISTORIES=1. Histories must come from released code: record them before
// a change of the workflows, never from the branch under test.
func record(t *testing.T, name, workflowID, runID string) {
	t.Helper()
	if os.Getenv("RECORD_HISTORIES") != "1" {
		return
	}
	iterator := the.client.GetWorkflowHistory(t.Context(), workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	history := &historypb.History{}
	for iterator.HasNext() {
		event, err := iterator.Next()
		require.NoError(t, err)
		history.Events = append(history.Events, event)
	}
	require.NotEmpty(t, history.Events)
	events, err := protojson.Marshal(history)
	require.NoError(t, err)
	started := history.Events[0].GetWorkflowExecutionStartedEventAttributes()
	file := map[string]any{"workflow_id": workflowID, "run_id": started.GetOriginalExecutionRunId(),
		"type": started.GetWorkflowType().GetName(), "history": json.RawMessage(events)}
	b, err := json.Marshal(file)
	require.NoError(t, err)
	path := filepath.Join("..", "..", "workflows", "testdata", "replay", name+".json")
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, b, 0o644))
}
