package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/workflows"
)

// What the API leaves to be remembered is written by a worker, once.
func TestRemember_IsWrittenByTheWorker(t *testing.T) {
	f := newFleet(t, "remembered", "--max-num-seqs", "32")
	row := serving.AuditRecord{Key: "remembered-1", At: time.Now().UTC(), Actor: "ana", Action: "rollout.rollback", Target: f.name}
	for range 2 {
		run, err := the.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.RememberID(row.Key), TaskQueue: workflows.QueueMain},
			workflows.Remember, activities.RecordInput{Audit: &row})
		require.NoError(t, err)
		require.NoError(t, run.Get(t.Context(), nil))
		record(t, "remember", run.GetID(), run.GetRunID())
	}
	rows, _, err := f.store.Audit(t.Context(), store.AuditFilter{Actor: "ana"}, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, f.name, rows[0].Target)
}
