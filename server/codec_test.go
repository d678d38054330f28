package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/optiinfra/performance-agent/internal/payloadcodec"
	"github.com/optiinfra/performance-agent/internal/temporalx"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

func testCodec(t *testing.T) *payloadcodec.Codec {
	t.Helper()
	codec, err := payloadcodec.New([]payloadcodec.Key{{ID: "k1", Bytes: bytes.Repeat([]byte{7}, payloadcodec.KeySize)}})
	require.NoError(t, err)
	return codec
}

// secretWord is what must not be found in a history, inBase64 as it would be there.
const secretWord, inBase64 = "hunter2", "Imh1bnRlcjIi"

// talkative puts the word wherever a workflow can: input, result, details and text of
// a failure, a signal, an update, a memo and a summary.
func talkative(ctx workflow.Context, word string) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute, Summary: word,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1}})
	err := workflow.ExecuteActivity(ctx, "Fail", word).Get(ctx, nil)
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) || failure.Message() != word {
		return "", errors.New("the failure did not come back as it was")
	}
	if err := workflow.UpsertMemo(ctx, map[string]any{"word": word}); err != nil {
		return "", err
	}
	var signal string
	workflow.GetSignalChannel(ctx, "signal").Receive(ctx, &signal)
	return signal, nil
}

// onTemporal is a client and worker with the codec on a real Temporal, and a client
// that sees what Temporal keeps.
func onTemporal(t *testing.T) (ours, naked client.Client, address string) {
	t.Helper()
	address = contractTemporal(t)
	quiet := slog.New(slog.DiscardHandler)
	dial := func(o ...temporalx.Option) client.Client {
		c, err := temporalx.Dial(t.Context(), quiet, append(o, temporalx.WithOptions(func(o *client.Options) { o.HostPort, o.Namespace = address, "sqlite" }))...)
		require.NoError(t, err)
		t.Cleanup(c.Close)
		return c
	}
	ours, naked = dial(temporalx.WithCodec(testCodec(t))), dial()
	w := worker.New(ours, "talk", worker.Options{})
	w.RegisterWorkflowWithOptions(talkative, workflow.RegisterOptions{Name: "Talk"})
	w.RegisterActivityWithOptions(func(_ context.Context, word string) error {
		return temporal.NewApplicationError(word, "Failed", word)
	}, activity.RegisterOptions{Name: "Fail"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	return ours, naked, address
}

func TestCodec_OnARealTemporal_HistoryShowsNothing_AndTheCLIReadsItThroughUs(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Temporal's dev server")
	}
	t.Parallel()
	ours, naked, address := onTemporal(t)
	run, err := ours.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "talk", TaskQueue: "talk", StaticSummary: secretWord,
		Memo: map[string]any{"started": secretWord}}, "Talk", secretWord)
	require.NoError(t, err)
	require.NoError(t, ours.SignalWorkflow(t.Context(), "talk", "", "signal", secretWord))
	var result string
	require.NoError(t, run.Get(t.Context(), &result))
	require.Equal(t, secretWord, result)

	events, failures := naked.GetWorkflowHistory(t.Context(), "talk", run.GetRunID(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT), 0
	for events.HasNext() {
		e, err := events.Next()
		require.NoError(t, err)
		kept, err := protojson.Marshal(e)
		require.NoError(t, err)
		require.NotContains(t, string(kept), secretWord)
		require.NotContains(t, string(kept), inBase64)
		require.NotContains(t, string(kept), "anNvbi9wbGFpbg", "nothing is json/plain")
		if e.GetEventType() == enums.EVENT_TYPE_ACTIVITY_TASK_FAILED {
			failures++
		}
	}
	require.Equal(t, 1, failures)
	described, err := naked.DescribeWorkflowExecution(t.Context(), "talk", run.GetRunID())
	require.NoError(t, err)
	require.NotContains(t, described.String(), secretWord)
	require.Contains(t, described.String(), "encryption-key-id")

	shown := showThroughUs(t, address)
	require.Contains(t, shown, inBase64)
	require.NotContains(t, shown, "encryption-key-id")
}

// showThroughUs is what Temporal's own program prints of the workflow, with our API
// as its codec and a viewer's credential.
func showThroughUs(t *testing.T, address string) string {
	t.Helper()
	i := newIssued(t, unchanged, withPayloads(t, "sqlite"))
	show := exec.CommandContext(t.Context(), temporalCLI(t), "workflow", "show", "--address", address, "--namespace", "sqlite", "--workflow-id", "talk",
		"--output", "json", "--codec-endpoint", i.base+"/codec", "--codec-auth", "Bearer "+i.token(map[string]any{"roles": "look"}))
	show.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := show.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// A history that was written before the keys were given goes on under them.
func TestCodec_RecordedPlainHistories_StillReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "workflows", "testdata", "replay", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	data := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), testCodec(t))
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var recorded struct {
			WorkflowID string          `json:"workflow_id"`
			RunID      string          `json:"run_id"`
			History    json.RawMessage `json:"history"`
		}
		require.NoError(t, json.Unmarshal(content, &recorded))
		history, err := client.HistoryFromJSON(bytes.NewReader(recorded.History), client.HistoryJSONOptions{})
		require.NoError(t, err)
		replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DataConverter: data,
			FailureConverter: temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{DataConverter: data, EncodeCommonAttributes: true})})
		require.NoError(t, err)
		workflows.Register(replayer)
		require.NoError(t, replayer.ReplayWorkflowHistoryWithOptions(nil, history, worker.ReplayWorkflowHistoryOptions{
			OriginalExecution: workflow.Execution{ID: recorded.WorkflowID, RunID: recorded.RunID}}), file)
	}
}

// withPayloads has the API decrypt payloads of a namespace.
func withPayloads(t *testing.T, namespace string) func(*api.Deps, *api.Config) {
	return func(d *api.Deps, c *api.Config) { d.Payloads, c.Namespace = testCodec(t), namespace }
}
