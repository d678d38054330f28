package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// endless is load, and an engine that is asked, that end only when they must.
type endless struct{ began chan struct{} }

func (e endless) run(ctx context.Context) error {
	close(e.began)
	<-ctx.Done()
	return ctx.Err()
}

func (e endless) Ladder(ctx context.Context, _, _ string, _ serving.LadderSpec, _ func(serving.LadderStep)) (serving.LadderResult, error) {
	return serving.LadderResult{}, e.run(ctx)
}

func (e endless) Answers(ctx context.Context, _, _ string, _ []serving.QualityItem) ([]serving.Answer, error) {
	return nil, e.run(ctx)
}

func (endless) Smoke(context.Context, string, string) ([]serving.SmokeCheck, error) { return nil, nil }

func (endless) Flush(context.Context, string, serving.EngineKind) bool { return true }

// stopped is a worker's environment whose worker is asked to stop once began is.
func stopped(t *testing.T, began <-chan struct{}) *testsuite.TestActivityEnvironment {
	t.Helper()
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.SetTestTimeout(time.Minute)
	stop := make(chan struct{})
	env.SetWorkerStopChannel(stop)
	env.SetWorkerOptions(worker.Options{})
	go func() {
		<-began
		close(stop)
	}()
	return env
}

func requireHandedOver(t *testing.T, err error) {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, activities.TypeWorkerStopping, app.Type())
	require.False(t, app.NonRetryable())
	require.Less(t, app.NextRetryDelay(), time.Second, "the next worker begins at once")
}

func TestRunLadder_WorkerStops_HandsTheLoadOver(t *testing.T) {
	t.Parallel()
	e := endless{make(chan struct{})}
	env := stopped(t, e.began)
	a := activities.NewLoad(e)
	env.RegisterActivity(a)
	_, err := env.ExecuteActivity(a.RunLadder, activities.RunLadderInput{Targets: []string{"http://127.0.0.1:1"}, Model: "m"})
	requireHandedOver(t, err)
}

func TestCollectAnswers_WorkerStops_HandsTheQuestionsOver(t *testing.T) {
	t.Parallel()
	e := endless{make(chan struct{})}
	env := stopped(t, e.began)
	a := activities.NewQuality(e, nil)
	env.RegisterActivity(a)
	_, err := env.ExecuteActivity(a.CollectAnswers, activities.CollectAnswersInput{Key: "k", Fleet: "chat"})
	requireHandedOver(t, err)
}

// failing is load that ends by itself.
type failing struct{ endless }

func (failing) Ladder(context.Context, string, string, serving.LadderSpec, func(serving.LadderStep)) (serving.LadderResult, error) {
	return serving.LadderResult{}, errors.New("no engine there")
}

func TestRunLadder_FailsByItself_IsNoHandOver(t *testing.T) {
	t.Parallel()
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	a := activities.NewLoad(failing{})
	env.RegisterActivity(a)
	_, err := env.ExecuteActivity(a.RunLadder, activities.RunLadderInput{})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.NotEqual(t, activities.TypeWorkerStopping, app.Type())
}
