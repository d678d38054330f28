package rig

import (
	"context"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// history reads what Temporal keeps of an execution.
func (c *cell) history(ctx context.Context, at workflow.Execution) (*history.History, error) {
	out := &history.History{}
	events := c.client.GetWorkflowHistory(ctx, at.ID, at.RunID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return nil, fmt.Errorf("history of %s: %w", at.ID, err)
		}
		out.Events = append(out.Events, e)
	}
	return out, nil
}

// decided is the part of a history that workflow code has answered for: up to its
// last completed task and the events of that task's commands. An open workflow's
// history may go on with a task that a killed worker began, or that is being worked
// on right now, which no replay can reproduce.
func decided(h *history.History) *history.History {
	last := -1
	for i, e := range h.GetEvents() {
		if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			last = i
		}
	}
	if last < 0 {
		return &history.History{}
	}
	end := last + 1
	for end < len(h.Events) && commandOf(h.Events[end]) == h.Events[last].GetEventId() {
		end++
	}
	return &history.History{Events: h.Events[:end]}
}

// commandOf is the completed task whose command made the event, 0 for an event that
// came from outside.
func commandOf(e *history.HistoryEvent) (task int64) {
	e.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.ContainingOneof() == nil || f.Message() == nil {
			return true
		}
		if id := f.Message().Fields().ByName("workflow_task_completed_event_id"); id != nil {
			task = v.Message().Get(id).Int()
		}
		return true
	})
	return task
}
