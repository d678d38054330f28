package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// What the API was told reaches people through a worker, once.
func TestAnnounce_IsDeliveredByTheWorker(t *testing.T) {
	f := newFleet(t, "announced", "--max-num-seqs", "32")
	v := serving.Violation{ID: "announced|stable|ttft-p95|alert-Burn", Fleet: f.name, Variant: serving.Stable, SLO: "ttft-p95",
		Severity: serving.AlertPage, Source: "alertmanager", Reason: "the budget burns"}
	n := workflows.ViolationNotice(v, serving.NoticeViolationOpened)
	n.Key, n.At = workflows.ViolationNoticeKey(v, n.Kind, float64(time.Now().Unix())), time.Now().UTC()
	for range 2 {
		run, err := the.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.NoticeID(n.Key), TaskQueue: workflows.QueueMain},
			workflows.Announce, n)
		require.NoError(t, err)
		require.NoError(t, run.Get(t.Context(), nil))
		record(t, "announce", run.GetID(), run.GetRunID())
	}
	require.Len(t, f.pager.notices(), 1, "a repeat tells nobody twice")
	require.Equal(t, n.Key, f.pager.notices()[0].Key)
}
