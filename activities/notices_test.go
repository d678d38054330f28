package activities_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// people are told, and remember what they were told.
type people struct {
	fails map[string]error // by target
	told  []string
	sent  map[string]bool
}

func (p *people) Targets(string) []string { return []string{"ann", "bob"} }

func (p *people) Send(_ context.Context, target string, n serving.Notice) error {
	p.told = append(p.told, target+" "+n.Key)
	return p.fails[target]
}

func (p *people) NoticeSent(_ context.Context, key, target string) (bool, error) {
	return p.sent[key+target], nil
}

func (p *people) SaveNotice(_ context.Context, key, target string, _ time.Time) error {
	if p.sent == nil {
		p.sent = map[string]bool{}
	}
	p.sent[key+target] = true
	return nil
}

func tell(t *testing.T, p *people) error {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(activities.NewNotices(p, p))
	_, err := env.ExecuteActivity("Notify", activities.NotifyInput{Notice: serving.Notice{Key: "k", Fleet: "chat"}})
	return err
}

func TestNotify_TellsEverybodyOnce(t *testing.T) {
	t.Parallel()
	p := &people{}
	require.NoError(t, tell(t, p))
	require.NoError(t, tell(t, p), "a repeat of the activity")
	require.Equal(t, []string{"ann k", "bob k"}, p.told)
}

func TestNotify_OneIsAway_TheOthersAreToldAndOnlyThatOneAgain(t *testing.T) {
	t.Parallel()
	p := &people{fails: map[string]error{"ann": errors.New("503")}}
	require.ErrorContains(t, tell(t, p), "503")
	p.fails = nil
	require.NoError(t, tell(t, p))
	require.Equal(t, []string{"ann k", "bob k", "ann k"}, p.told)
}

func TestNotify_RefusedForGood_IsNotRetried(t *testing.T) {
	t.Parallel()
	p := &people{fails: map[string]error{"ann": fmt.Errorf("404: %w", serving.ErrPermanent)}}
	err := tell(t, p)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.True(t, app.NonRetryable())
	require.True(t, p.sent["kbob"])
}
