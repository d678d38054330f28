package e2e_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/workflows"
)

// cheat is what a command of docs/signals.md must lead to. One that only looks is
// run until it shows that, as lists know of a change a moment after it; one that
// acts is run once.
type cheat struct {
	command string
	looks   bool
	leads   func(output string) bool
}

// cheats are the commands of the page in its order.
func cheats(t *testing.T) []cheat {
	t.Helper()
	status := func() (out workflows.RolloutStatus) {
		value, err := the.client.QueryWorkflow(t.Context(), "rollout:chat", "", workflows.StatusQuery)
		if err == nil {
			_ = value.Get(&out)
		}
		return out
	}
	has := func(words ...string) func(string) bool {
		return func(output string) bool {
			for _, w := range words {
				if !strings.Contains(output, w) {
					return false
				}
			}
			return true
		}
	}
	ended := func(id string, want enumspb.WorkflowExecutionStatus) func(string) bool {
		return func(string) bool {
			d, err := the.client.DescribeWorkflowExecution(t.Context(), id, "")
			return err == nil && d.GetWorkflowExecutionInfo().GetStatus() == want
		}
	}
	return []cheat{
		{`workflow list --query 'Fleet = "chat" AND ExecutionStatus = "Running"'`, true, has("rollout:chat", "optimize:chat", "monitor:chat")},
		{`workflow list --query 'Phase = "awaiting-approval"'`, true, has("rollout:chat")},
		{`workflow count --query 'WorkflowType = "Rollout" AND Fleet = "chat"'`, true, has("Total: 1")},
		{`workflow describe --workflow-id rollout:chat`, true, has("rollout:chat", "Rollout", "awaiting-approval")},
		{`workflow show --workflow-id rollout:chat`, true, has("WorkflowExecutionStarted", "ActivityTaskCompleted")},
		{`workflow query --workflow-id rollout:chat --type status`, true, has(`"phase":"awaiting-approval"`)},
		{`workflow signal --workflow-id rollout:chat --name approve`, false, func(string) bool { return status().Phase == workflows.PhaseShifting }},
		{`workflow signal --workflow-id rollout:chat --name pause`, false, func(string) bool { return status().Paused }},
		{`workflow update execute --workflow-id rollout:chat --name resume`, false, func(output string) bool {
			return !status().Paused && strings.Contains(output, string(workflows.PhaseShifting))
		}},
		{`workflow signal --workflow-id rollout:chat --name slo-violation`, false, func(string) bool {
			return status().Outcome == serving.OutcomeRolledBack && status().Violation.Source == "oncall"
		}},
		{`workflow list --query 'Fleet = "chat" AND Outcome = "rolled_back"'`, true, has("rollout:chat")},
		{`workflow cancel --workflow-id optimize:chat`, false, ended("optimize:chat", enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED)},
		{`workflow terminate --workflow-id monitor:chat`, false, ended("monitor:chat", enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED)},
	}
}

func TestCheatSheet_EveryTemporalCommand_DoesWhatThePageSays(t *testing.T) {
	needStack(t)
	f := bareFleet(t, "chat", t.TempDir(), newFront(t), strings.Fields(oldFlags)...)
	startChat(t, f)
	cli, err := findCLI()
	require.NoError(t, err)
	lines, want := temporalLines(t), cheats(t)
	require.Len(t, lines, len(want), "each command of the page has its check: %q", lines)
	for i, line := range lines {
		require.True(t, strings.HasPrefix(line, "temporal "+want[i].command), "%q has the check of %q", line, want[i].command)
		if !want[i].looks {
			output, err := shell(t, cli, line)
			require.NoError(t, err, "%s: %s", line, output)
			require.Eventually(t, func() bool { return want[i].leads(output) }, 2*time.Minute, 100*time.Millisecond, "%s has no effect: %s", line, output)
			continue
		}
		var output string
		require.Eventually(t, func() bool {
			output, err = shell(t, cli, line)
			return err == nil && want[i].leads(output)
		}, 2*time.Minute, 100*time.Millisecond, "%s: %s", line, output)
	}
	f.requireOnly(t, flagsOf(t, oldFlags))
}

// startChat has a run that measures, a rollout that waits for approval and then stays
// in its first stage, and a monitor. Nobody uses the fleet, so that no verdict on a
// busy machine ends any of them before the page does.
func startChat(t *testing.T, f *fleet) {
	t.Helper()
	var err error
	f.store, err = store.Open(t.Context(), f.database())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.store.Close()) })
	f.record, err = f.store.CreateFleet(t.Context(), f.record)
	require.NoError(t, err)
	f.startWorker(t)
	t.Cleanup(f.stopWorker)
	slow := plan()
	slow.MinStageSeconds, slow.MaxStageSeconds = 1800, 3600
	marks := temporal.NewSearchAttributes(workflows.FleetKey.ValueSet(f.name)) // as the API gives them
	for id, start := range map[string][]any{
		workflows.RolloutID(f.name):  {workflows.Rollout, workflows.RolloutInput{Fleet: f.name, To: flagsOf(t, newFlags), Plan: slow, RequireApproval: true}},
		workflows.OptimizeID(f.name): {workflows.Optimize, workflows.OptimizeInput{Fleet: f.name, Options: workflows.OptimizeOptions{ObserveSeconds: 600}}},
		workflows.MonitorID(f.name):  {workflows.Monitor, workflows.MonitorInput{Fleet: f.name, TickSeconds: 1}},
	} {
		_, err := the.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: workflows.QueueMain, TypedSearchAttributes: marks},
			start[0], start[1])
		require.NoError(t, err)
		t.Cleanup(func() { _ = the.client.TerminateWorkflow(context.Background(), id, "", "the test is over") })
	}
}

// temporalLines are the page's commands, those over several lines joined.
func temporalLines(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "signals.md"))
	require.NoError(t, err)
	var out []string
	for line := range strings.SplitSeq(strings.ReplaceAll(string(page), "\\\n", " "), "\n") {
		if strings.HasPrefix(line, "temporal ") {
			out = append(out, line)
		}
	}
	return out
}

// shell runs a line as a person's shell would, with the dev server's address and the
// CLI of this project in front.
func shell(t *testing.T, cli, line string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", line)
	cmd.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+the.server.FrontendHostPort(), "PATH="+filepath.Dir(cli)+":"+os.Getenv("PATH"), "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	return compact(string(out)), err
}

// compact takes the spaces out of an answer that is JSON, which the CLI spreads.
func compact(output string) string {
	_, result, found := strings.Cut(output, "QueryResult")
	var value any
	if !found || json.Unmarshal([]byte(strings.TrimSpace(result)), &value) != nil {
		return output
	}
	text, err := json.Marshal(value)
	if err != nil {
		return output
	}
	return string(text)
}
