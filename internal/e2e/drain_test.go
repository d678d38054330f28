package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/workflows"
)

// mostDrainSeconds is what Kubernetes allows by default between SIGTERM and SIGKILL.
const mostDrainSeconds = 30

// callers ask the API all the time, each request on a connection of its own, until
// they are stopped.
type callers struct {
	stop context.CancelFunc
	done sync.WaitGroup

	mu       sync.Mutex
	answered map[string]int // by request ID, the status of a complete answer
	failed   map[string]string
}

func startCallers(t *testing.T, base string, paths ...string) *callers {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &callers{stop: cancel, answered: map[string]int{}, failed: map[string]string{}}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var number atomic.Int64
	for _, path := range paths {
		c.done.Go(func() {
			pace := time.NewTicker(30 * time.Millisecond)
			defer pace.Stop()
			for ctx.Err() == nil {
				c.ask(client, base+path, fmt.Sprintf("caller-%d", number.Add(1)))
				<-pace.C
			}
		})
	}
	t.Cleanup(func() { cancel(); c.done.Wait() })
	return c
}

func (c *callers) ask(client *http.Client, url, id string) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		panic(err) // the addresses are the test's own
	}
	request.Header.Set("X-Request-ID", id)
	answer, err := client.Do(request)
	if err == nil {
		_, err = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.failed[id] = err.Error()
		return
	}
	c.answered[id] = answer.StatusCode
}

// requireNoneCut asserts that each request that the server took was answered whole.
func (c *callers) requireNoneCut(t *testing.T, server *program) {
	t.Helper()
	c.stop()
	c.done.Wait()
	for id, status := range c.answered {
		require.Equal(t, http.StatusOK, status, id)
	}
	for _, line := range server.logged("request") {
		id := line["request_id"].(string)
		require.Empty(t, c.failed[id], "%s reached the server and was cut", id)
	}
	require.Greater(t, len(c.answered), 20)
}

// late is a request that is in flight while the server ends.
type late struct {
	status int
	body   string
	err    error
}

// apiServer is asked without the API's client: whether an answer was cut is seen on
// the connection.
type apiServer struct{ base string }

func (s apiServer) sendLate(path, body string, headers ...string) <-chan late {
	out := make(chan late, 1)
	go func() {
		r, err := http.NewRequest(http.MethodPost, s.base+path, strings.NewReader(body))
		if err != nil {
			out <- late{err: err}
			return
		}
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			out <- late{err: err}
			return
		}
		content, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		out <- late{answer.StatusCode, string(content), err}
	}()
	return out
}

// awaitAttempt waits until an activity has told that it is alive in that attempt.
func awaitAttempt(t *testing.T, workflowID, activity string, attempt int32) {
	t.Helper()
	require.Eventually(t, func() bool {
		d, err := the.client.DescribeWorkflowExecution(t.Context(), workflowID, "")
		if err != nil {
			return false
		}
		for _, a := range d.GetPendingActivities() {
			if a.GetActivityType().GetName() == activity && a.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED &&
				a.GetLastHeartbeatTime() != nil && a.GetAttempt() == attempt {
				return true
			}
		}
		return false
	}, 3*time.Minute, 20*time.Millisecond, "no attempt %d at %s of %s", attempt, activity, workflowID)
}

// Server and worker get SIGTERM while users are served, callers ask the API, people
// wait for answers, a load test runs and a rollout is in its first stage. Both end in
// time and with 0, whoever was being answered is answered, and their successors go on
// with what was begun.
func TestDrain_ServerAndWorkerGetSIGTERM_NobodyIsCutAndTheirSuccessorsGoOn(t *testing.T) {
	f := newFleet(t, "drained", strings.Fields(oldFlags)...)
	f.stopWorker()
	server, api := f.startServerProgram(t)
	first := f.startWorkerProgram(t)
	fleet := "/api/v1/fleets/" + f.name
	asking := startCallers(t, api.base, fleet, "/api/v1/runs", "/api/v1/rollouts?fleet="+f.name)
	run := f.startRollout(t)
	f.awaitStage(t, run, 25)

	load := workflows.LoadTestInput{ID: "drained", Fleet: f.name, Spec: serving.LadderSpec{Search: serving.SearchOnce,
		Objectives: f.record.SLOs, Base: serving.LoadSpec{DurationSeconds: 300, Seed: 3, Workload: serving.Workload{RatePerSecond: 2,
			PromptTokens: workload.PromptTokens, OutputTokens: workload.OutputTokens}}}}
	body, err := json.Marshal(map[string]any{"spec": load.Spec})
	require.NoError(t, err)
	waiting := api.sendLate(fleet+"/loadtests", string(body), "Prefer", "wait=60")
	test := f.awaitLoadTest(t)
	awaitAttempt(t, test, "RunLadder", 1)
	measuring := api.sendLate(fleet+"/metrics/collect", `{"window_seconds": 60}`)

	gone, drained := server.term(t), first.term(t)
	worker := <-drained
	second := f.startWorkerProgram(t)
	awaitAttempt(t, test, "RunLadder", 2)
	require.NoError(t, the.client.CancelWorkflow(t.Context(), test, ""))
	ended := <-gone
	t.Logf("drained: server in %.1f s, worker in %.1f s (goal: %d s each)", ended, worker, mostDrainSeconds)
	for _, p := range []*program{server, first} {
		require.Zero(t, p.cmd.ProcessState.ExitCode(), "%s", p.log.String())
	}
	require.Less(t, ended, float64(mostDrainSeconds))
	require.Less(t, worker, float64(mostDrainSeconds))
	asking.requireNoneCut(t, server)
	waited, measured := <-waiting, <-measuring
	require.NoError(t, waited.err)
	require.Equal(t, http.StatusAccepted, waited.status, waited.body)
	require.NoError(t, measured.err)
	requireMeasurementGivenUp(t, measured)

	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomePromoted, out.Outcome, out.Reason)
	f.requireOnly(t, flagsOf(t, newFlags))
	f.requireNothingLost(t)
	f.requireEngines(t, 2)
	require.False(t, second.over())
}

// requireMeasurementGivenUp asserts that a measurement of a minute got an answer: that
// the server is ending, or, where the rollout was quicker, that a replica it was
// reading has been replaced.
func requireMeasurementGivenUp(t *testing.T, got late) {
	t.Helper()
	if got.status == http.StatusUnprocessableEntity {
		require.Contains(t, got.body, "cannot be read")
		return
	}
	require.Equal(t, http.StatusServiceUnavailable, got.status, got.body)
	require.Contains(t, got.body, "draining")
}

// awaitLoadTest is the workflow of the fleet's load test, once there is one.
func (f *fleet) awaitLoadTest(t *testing.T) (workflowID string) {
	t.Helper()
	require.Eventually(t, func() bool {
		tests, _, err := f.store.LoadTests(t.Context(), store.LoadTestFilter{Fleet: f.name}, store.Page{})
		if err != nil || len(tests) == 0 {
			return false
		}
		workflowID = tests[0].WorkflowID
		return true
	}, time.Minute, 20*time.Millisecond, "no load test began")
	return workflowID
}

// requireEngines asserts how many engines of the fleet the system runs, whatever
// anybody's records say.
func (f *fleet) requireEngines(t *testing.T, want int) {
	t.Helper()
	census := engineCensus{mark: []byte("PERFAGENT_FLEET=" + f.name + "\x00")}
	require.Len(t, census.running(), want, "engines that run")
}
