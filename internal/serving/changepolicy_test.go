package serving_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestMayApprove_NobodyNamed_AnybodyMay(t *testing.T) {
	t.Parallel()
	require.NoError(t, serving.ChangePolicy{}.MayApprove(""))
	require.NoError(t, serving.ChangePolicy{}.MayApprove("ana"))
}

func TestMayApprove_OnlyThoseNamed(t *testing.T) {
	t.Parallel()
	p := serving.ChangePolicy{Approvers: []string{"ana", "ben"}}
	require.NoError(t, p.MayApprove("ben"))
	require.ErrorContains(t, p.MayApprove("eve"), "eve may not approve changes of this fleet: its approvers are ana, ben")
	require.ErrorContains(t, p.MayApprove(""), "no name")
	require.Error(t, p.MayApprove("Ana"), "names are compared as they are")
}

func TestChangePolicy_IsPartOfThePolicyInJSON(t *testing.T) {
	t.Parallel()
	var p serving.Policy
	given := `{"auto_approve":false,"advisory":false,"approvers":["ana"],"lock_step_group":"eu","undo_seconds":900,"repair_drift":"repair","on_regression":"propose"}`
	require.NoError(t, json.Unmarshal([]byte(given), &p))
	require.Equal(t, serving.ChangePolicy{Approvers: []string{"ana"}, LockStepGroup: "eu", UndoSeconds: 900,
		RepairDrift: serving.RepairDrift, OnRegression: serving.ProposeRun}, p.ChangePolicy)
	back, err := json.Marshal(p)
	require.NoError(t, err)
	require.JSONEq(t, given, string(back))
}

func TestChangePolicy_WrongFields_AreNamed(t *testing.T) {
	t.Parallel()
	require.NoError(t, serving.ChangePolicy{}.Validate())
	for field, p := range map[string]serving.ChangePolicy{
		"approvers":     {Approvers: []string{"ana", ""}},
		"undo_seconds":  {UndoSeconds: -1},
		"repair_drift":  {RepairDrift: "maybe"},
		"on_regression": {OnRegression: "panic"},
	} {
		err := p.Validate()
		require.Error(t, err, field)
		require.True(t, strings.HasPrefix(err.Error(), field+": "), err.Error())
	}
	require.ErrorContains(t, serving.ChangePolicy{UndoSeconds: 8 * 24 * 3600}.Validate(), "undo_seconds")
}
