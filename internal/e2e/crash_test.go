package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/router/kinds"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/workflows"
)

// workerVariable makes the test binary a worker of one fleet instead, in a
// process of its own that can be killed. Its value is a workerTask.
const workerVariable = "E2E_WORKER"

type workerTask struct {
	Name, Dir, Temporal, LLMSim string
	// Cluster and Namespace are where a fleet on Kubernetes is.
	Cluster, Namespace string
}

// workerMain serves until it is killed; it says on stdout that it polls.
func workerMain(text string) int {
	var task workerTask
	if err := json.Unmarshal([]byte(text), &task); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	the.llmsim = task.LLMSim
	err := func() (err error) {
		if the.client, err = client.Dial(client.Options{HostPort: task.Temporal}); err != nil {
			return err
		}
		f := &fleet{name: task.Name, dir: task.Dir, routers: kinds.Routers(nil)}
		if task.Cluster != "" {
			if f.routers, f.provisioners, err = deployedAdapters(task.Cluster, task.Namespace); err != nil {
				return err
			}
		}
		if f.store, err = store.Open(context.Background(), f.database()); err != nil {
			return err
		}
		return f.serve()
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("polling")
	select {}
}

// startProcess starts the fleet's worker in a process and returns when it polls.
func (f *fleet) startProcess(t *testing.T) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	task, err := json.Marshal(workerTask{Name: f.name, Dir: f.dir, Temporal: the.server.FrontendHostPort(), LLMSim: the.llmsim,
		Cluster: f.cluster, Namespace: f.namespace})
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), workerVariable+"="+string(task))
	cmd.Stderr = io.Discard
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { kill(cmd) })
	said := make([]byte, len("polling"))
	_, err = io.ReadFull(out, said)
	require.NoError(t, err, "the worker ended at its start")
	return cmd
}

// kill is SIGKILL: nothing is handed over, finished or cleaned up.
func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// engineCensus counts the fleet's staging engines as the system sees them,
// whatever anybody's records say, until it is stopped.
type engineCensus struct {
	mark []byte
	stop chan struct{}
	done sync.WaitGroup
	most int
	seen map[int]bool
}

func (f *fleet) countEngines(t *testing.T) *engineCensus {
	t.Helper()
	c := &engineCensus{mark: []byte("PERFAGENT_FLEET=" + f.name + "\x00PERFAGENT_VARIANT=staging\x00"), stop: make(chan struct{}), seen: map[int]bool{}}
	c.done.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			running := c.running()
			c.most = max(c.most, len(running))
			for _, pid := range running {
				c.seen[pid] = true
			}
			select {
			case <-c.stop:
				return
			case <-tick.C:
			}
		}
	})
	return c
}

func (c *engineCensus) running() (pids []int) {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is good
	for _, path := range environments {
		env, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(env, c.mark) {
			continue // gone, or of somebody else
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// awaitLoad waits until a load test of the workflow has told that it is alive.
func awaitLoad(t *testing.T, workflowID string) {
	t.Helper()
	require.Eventually(t, func() bool {
		d, err := the.client.DescribeWorkflowExecution(t.Context(), workflowID, "")
		if err != nil {
			return false
		}
		for _, a := range d.GetPendingActivities() {
			if a.GetActivityType().GetName() == "RunLadder" && a.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED && a.GetLastHeartbeatTime() != nil {
				return true
			}
		}
		return false
	}, 3*time.Minute, 20*time.Millisecond, "no load test of %s ran", workflowID)
}

// attempts of an activity, one number for each time that it was scheduled.
func attempts(t *testing.T, workflowID, activity string) (out []int32) {
	t.Helper()
	named := map[int64]bool{}
	history := the.client.GetWorkflowHistory(t.Context(), workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		switch a := event.GetAttributes().(type) {
		case *historypb.HistoryEvent_ActivityTaskScheduledEventAttributes:
			named[event.GetEventId()] = a.ActivityTaskScheduledEventAttributes.GetActivityType().GetName() == activity
		case *historypb.HistoryEvent_ActivityTaskStartedEventAttributes:
			if named[a.ActivityTaskStartedEventAttributes.GetScheduledEventId()] {
				out = append(out, a.ActivityTaskStartedEventAttributes.GetAttempt())
			}
		}
	}
	return out
}

// The worker gets SIGKILL in the middle of the baseline's load test. Another one
// finds out by the missing heartbeat, repeats the load on the engine that stands,
// and the run goes on as if nothing had been.
func TestTrial_WorkerKilledDuringTheLoad_IsRepeatedWholeAndLeavesNothing(t *testing.T) {
	f := newFleet(t, "killed-trial")
	f.stopWorker()
	census := f.countEngines(t)
	first := f.startProcess(t)
	run := f.startGiven(t, "--quantization fp8")
	trial := workflows.TrialID(f.name, 1)
	awaitLoad(t, trial)
	kill(first)
	require.Len(t, census.running(), 1, "the engine outlives the worker")
	f.startProcess(t)
	out := optimized(t, run)
	require.Contains(t, []serving.Outcome{serving.OutcomeNoImprovement, serving.OutcomePromoted}, out.Outcome, out.Reason)
	require.Equal(t, []int32{2}, attempts(t, trial, "RunLadder"), "the load was repeated once")

	trials, err := f.store.Trials(t.Context(), run.GetRunID())
	require.NoError(t, err)
	for i, r := range trials {
		require.Equal(t, i+1, r.Trial.Number, "each trial is on record once")
	}
	baseline := trials[0].Trial
	require.Equal(t, serving.TrialMeasured, baseline.Status, baseline.Reason)
	require.NotZero(t, baseline.Result.MaxGood)
	require.NotEmpty(t, baseline.Result.Ended, "the result is whole")
	require.Positive(t, baseline.ReadySeconds, "the cold start is known although its worker is dead")
	f.requireToldOnce(t, run.GetRunID(), "trial", len(trials))

	close(census.stop)
	census.done.Wait()
	require.Equal(t, 1, census.most, "staging engines at one time")
	require.Len(t, census.seen, len(trials), "one engine a trial, a fresh one for each")
	require.Empty(t, census.running(), "engines left behind")
	running, err := f.engines.Describe(t.Context(), f.record)
	require.NoError(t, err)
	require.Len(t, running, 1, "variants left behind: %v", running)
	f.requireNothingLost(t)
}

// requireToldOnce asserts that the story has so many events of a type, each once.
func (f *fleet) requireToldOnce(t *testing.T, run, eventType string, want int) {
	t.Helper()
	events, err := f.store.Events(t.Context(), run, 0, 1000)
	require.NoError(t, err)
	keys := map[string]bool{}
	told := 0
	for _, e := range events {
		require.False(t, keys[e.Key], "%s is told twice", e.Key)
		keys[e.Key] = true
		if e.Type == eventType {
			told++
		}
	}
	require.Equal(t, want, told)
}
