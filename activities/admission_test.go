package activities_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// oneFleet knows the fleet chat.
type oneFleet struct{ fleet serving.Fleet }

func (o oneFleet) Fleet(_ context.Context, name string) (serving.Fleet, error) {
	if name != o.fleet.Name {
		return serving.Fleet{}, fmt.Errorf("fleet %q: %w", name, serving.ErrPermanent)
	}
	return o.fleet, nil
}

func admit(t *testing.T, b *book, fleet string) (activities.AdmitResult, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(activities.NewAdmission(oneFleet{chat}, b))
	value, err := env.ExecuteActivity("Admit", activities.AdmitInput{Fleet: fleet})
	if err != nil {
		return activities.AdmitResult{}, err
	}
	var out activities.AdmitResult
	require.NoError(t, value.Get(&out))
	return out, nil
}

func TestAdmit_ReadsTheWholeWindowOfTheFleetsBudgets(t *testing.T) {
	t.Parallel()
	b := &book{}
	out, err := admit(t, b, "chat")
	require.NoError(t, err)
	require.True(t, out.Decision.Admitted)
	require.WithinDuration(t, time.Now().Add(-30*24*time.Hour), b.asked[0], time.Minute)
}

func TestAdmit_SpentBudget_IsToldWithItsName(t *testing.T) {
	t.Parallel()
	b := &book{tallies: recent(serving.Stable, 1, 0, 10)}
	b.tallies[0].StartUnix, b.tallies[0].Seconds = float64(time.Now().Add(-29*24*time.Hour).Unix()), 29*24*3600
	out, err := admit(t, b, "chat")
	require.NoError(t, err)
	require.False(t, out.Decision.Admitted)
	require.Equal(t, "ttft-p95", out.Decision.Reasons[0].SLO)
}

func TestAdmit_UnknownFleetOrStoreAway_IsAnError(t *testing.T) {
	t.Parallel()
	_, err := admit(t, &book{}, "none")
	require.ErrorContains(t, err, `"none"`)
	_, err = admit(t, &book{err: context.DeadlineExceeded}, "chat")
	require.ErrorContains(t, err, "error budgets of chat")
}
