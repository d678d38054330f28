package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// Where no language model is configured an insight says so, and is kept.
func TestInsight_WithoutALanguageModel_SaysSo(t *testing.T) {
	f := newFleet(t, "insight", "--max-num-seqs", "32")
	in := workflows.InsightInput{RequestedBy: "ana", Question: activities.AdviseInput{Subject: "insight-1", Fleet: f.record,
		Snapshot: serving.Snapshot{Fleet: f.name, Variant: serving.Stable, Engine: serving.VLLM}}}
	run, err := the.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.InsightID("insight-1"), TaskQueue: workflows.QueueMain},
		workflows.Insight, in)
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), nil))
	record(t, "insight", run.GetID(), run.GetRunID())
	kept, err := f.store.Insight(t.Context(), "insight-1")
	require.NoError(t, err)
	require.Equal(t, serving.InsightOff, kept.Status)
	require.Equal(t, "ana", kept.RequestedBy)
	require.NotEmpty(t, kept.Summary)
}
