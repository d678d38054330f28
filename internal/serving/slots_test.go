package serving_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func request(run, group string, limit int) serving.SlotRequest {
	return serving.SlotRequest{WorkflowID: "rollout:" + run, RunID: run, Fleet: run, Group: group, Limit: limit}
}

func TestSlots_Restore_CountsHoldersOnceAndTakesThemOutOfTheLine(t *testing.T) {
	t.Parallel()
	s := serving.Slots{}
	s.Ask(request("a", "", 2))
	s.Ask(request("c", "", 2))
	s.Restore([]serving.SlotRequest{request("a", "", 2), request("b", "", 2)})
	s.Restore([]serving.SlotRequest{request("b", "", 2)})
	require.Equal(t, []string{"a", "b"}, runsOf(s.Holders))
	s.Grant()
	require.Equal(t, []string{"c"}, runsOf(s.Waiting))
}

func runsOf(list []serving.SlotRequest) []string {
	out := []string{}
	for _, r := range list {
		out = append(out, r.RunID)
	}
	return out
}

func TestSlots_FirstComeFirstServedUpToTheLimit(t *testing.T) {
	t.Parallel()
	var s serving.Slots
	for _, run := range []string{"a", "b", "c", "d"} {
		s.Ask(request(run, "", 2))
		s.Grant()
	}
	require.Equal(t, []string{"a", "b"}, runsOf(s.Holders))
	require.Equal(t, []string{"c", "d"}, runsOf(s.Waiting))
	require.Contains(t, s.Waiting[0].Behind, "rollout:a")
	s.Forget("b")
	require.Equal(t, []string{"c"}, runsOf(s.Grant()), "only who may go ahead is told")
	require.Equal(t, []string{"a", "c"}, runsOf(s.Holders))
	s.Forget("d")
	s.Forget("a")
	s.Forget("c")
	require.True(t, s.Idle())
}

func TestSlots_OneOfALockStepGroupAtATime_OthersPass(t *testing.T) {
	t.Parallel()
	var s serving.Slots
	s.Ask(request("eu1", "eu", 0))
	s.Ask(request("eu2", "eu", 0))
	s.Ask(request("us1", "us", 0))
	s.Grant()
	require.Equal(t, []string{"eu1", "us1"}, runsOf(s.Holders))
	require.Contains(t, s.Waiting[0].Behind, "rollout:eu1, of the same lock-step group eu")
}

// Whoever is passed over because of its group goes before those that came later
// once its group is free.
func TestSlots_PassedOver_IsNotStarved(t *testing.T) {
	t.Parallel()
	var s serving.Slots
	s.Ask(request("eu1", "eu", 1))
	s.Grant()
	s.Ask(request("eu2", "eu", 1))
	s.Ask(request("us1", "", 1))
	s.Grant()
	s.Forget("eu1")
	s.Grant()
	require.Equal(t, []string{"eu2"}, runsOf(s.Holders))
	require.Equal(t, []string{"us1"}, runsOf(s.Waiting))
}

func TestSlots_AskedTwice_CountsOnceAndTheLatestLimitHolds(t *testing.T) {
	t.Parallel()
	var s serving.Slots
	s.Ask(request("a", "", 1))
	s.Grant()
	s.Ask(request("a", "", 1))
	s.Ask(request("b", "", 1))
	s.Ask(request("b", "", 1))
	require.Empty(t, s.Waiting[0].Behind)
	s.Grant()
	require.Equal(t, []string{"b"}, runsOf(s.Waiting))
	require.Empty(t, s.Grant(), "nothing changed, so nobody is told")
	s.Ask(request("b", "", 2))
	require.Equal(t, []string{"b"}, runsOf(s.Grant()))
}
