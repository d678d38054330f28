package activities_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// desk records requests and says which runs have ended, from the n-th look on.
type desk struct {
	asked, returned []serving.SlotRequest
	ended           map[string]int
	looks           int
	holders         []serving.SlotRequest
	err             error
}

func (d *desk) Ask(_ context.Context, r serving.SlotRequest) error {
	d.asked = append(d.asked, r)
	return d.err
}

func (d *desk) Return(_ context.Context, r serving.SlotRequest) error {
	d.returned = append(d.returned, r)
	return d.err
}

func (d *desk) Open(_ context.Context, r serving.SlotRequest) (bool, error) {
	d.looks++
	from, ends := d.ended[r.RunID]
	return !ends || d.looks < from, d.err
}

func (d *desk) Holders(context.Context) ([]serving.SlotRequest, error) { return d.holders, d.err }

func slotsOn(d *desk, limit int) *testsuite.TestActivityEnvironment {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(activities.NewSlots(d, limit))
	return env
}

func TestFindHolders_TellsThoseThatTheDeskFinds_AndFailsWhenItCannotLook(t *testing.T) {
	t.Parallel()
	d := &desk{holders: []serving.SlotRequest{{RunID: "a", Group: "eu"}}}
	value, err := slotsOn(d, 1).ExecuteActivity("FindHolders")
	require.NoError(t, err)
	var out activities.FindHoldersResult
	require.NoError(t, value.Get(&out))
	require.Equal(t, d.holders, out.Holders)
	d.err = errors.New("one rollout does not answer")
	_, err = slotsOn(d, 1).ExecuteActivity("FindHolders")
	require.ErrorContains(t, err, "does not answer")
}

func TestAskSlot_NothingBindsIt_AsksNobody(t *testing.T) {
	t.Parallel()
	d := &desk{}
	value, err := slotsOn(d, 0).ExecuteActivity("AskSlot", serving.SlotRequest{RunID: "a"})
	require.NoError(t, err)
	var out activities.AskSlotResult
	require.NoError(t, value.Get(&out))
	require.False(t, out.Wait)
	require.Empty(t, d.asked)
}

func TestAskSlot_LimitOrGroup_AsksWithTheLimit(t *testing.T) {
	t.Parallel()
	for limit, group := range map[int]string{2: "", 0: "eu"} {
		d := &desk{}
		value, err := slotsOn(d, limit).ExecuteActivity("AskSlot", serving.SlotRequest{RunID: "a", Group: group})
		require.NoError(t, err)
		var out activities.AskSlotResult
		require.NoError(t, value.Get(&out))
		require.True(t, out.Wait)
		require.Equal(t, []serving.SlotRequest{{RunID: "a", Group: group, Limit: limit}}, d.asked)
	}
}

func TestAwaitClosed_ReturnsTheOnesThatEnded(t *testing.T) {
	t.Parallel()
	d := &desk{ended: map[string]int{"b": 5}}
	value, err := slotsOn(d, 1).ExecuteActivity("AwaitClosed", activities.AwaitClosedInput{
		Holders: []serving.SlotRequest{{RunID: "a"}, {RunID: "b"}}, EverySeconds: 0.001, MaxSeconds: 1})
	require.NoError(t, err)
	var out activities.AwaitClosedResult
	require.NoError(t, value.Get(&out))
	require.Equal(t, []string{"b"}, out.Closed)
}

func TestAwaitClosed_TemporalAway_TakesNobodyForEnded(t *testing.T) {
	t.Parallel()
	d := &desk{ended: map[string]int{"a": 0}, err: errors.New("unavailable")}
	value, err := slotsOn(d, 1).ExecuteActivity("AwaitClosed", activities.AwaitClosedInput{
		Holders: []serving.SlotRequest{{RunID: "a"}}, EverySeconds: 0.001, MaxSeconds: 0.003})
	require.NoError(t, err)
	var out activities.AwaitClosedResult
	require.NoError(t, value.Get(&out))
	require.Empty(t, out.Closed)
}
