package rig_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"

	"github.com/optiinfra/performance-agent/internal/chaos/rig"
)

func completed(id int64) *history.HistoryEvent {
	return &history.HistoryEvent{EventId: id, EventType: enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
		Attributes: &history.HistoryEvent_WorkflowTaskCompletedEventAttributes{WorkflowTaskCompletedEventAttributes: &history.WorkflowTaskCompletedEventAttributes{}}}
}

func timer(id, task int64) *history.HistoryEvent {
	return &history.HistoryEvent{EventId: id, EventType: enums.EVENT_TYPE_TIMER_STARTED,
		Attributes: &history.HistoryEvent_TimerStartedEventAttributes{TimerStartedEventAttributes: &history.TimerStartedEventAttributes{WorkflowTaskCompletedEventId: task}}}
}

func event(id int64, kind enums.EventType) *history.HistoryEvent {
	return &history.HistoryEvent{EventId: id, EventType: kind}
}

func TestDecided_OpenHistory_EndsWithTheCommandsOfItsLastCompletedTask(t *testing.T) {
	t.Parallel()
	begun := []*history.HistoryEvent{event(1, enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED), event(2, enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED),
		event(3, enums.EVENT_TYPE_WORKFLOW_TASK_STARTED)}
	require.Empty(t, rig.Decided(&history.History{Events: begun}).GetEvents(), "no code has answered for it yet")

	answered := append(begun, completed(4), timer(5, 4), timer(6, 4))
	require.Len(t, rig.Decided(&history.History{Events: answered}).GetEvents(), 6)

	waiting := append(answered, event(7, enums.EVENT_TYPE_TIMER_FIRED), event(8, enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED),
		event(9, enums.EVENT_TYPE_WORKFLOW_TASK_STARTED), event(10, enums.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT))
	require.Len(t, rig.Decided(&history.History{Events: waiting}).GetEvents(), 6, "the task that timed out is left off")
}
