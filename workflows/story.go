package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// story records what a workflow decides, in order, beside the decisions: a
// database that is down delays no decision and loses none, since the workflow
// does not close before its story is written.
type story struct {
	subject string // run or rollout the events belong to
	fleet   string
	queue   []activities.RecordInput
	writing bool
	told    int
	// notices wait to be sent to people, and notifying says that one is sending.
	notices   []serving.Notice
	notifying bool
}

// newStory starts the writing coroutine. It runs on a disconnected context, so
// that a cancelled run still tells how it ended.
func newStory(ctx workflow.Context, subject, fleet string) *story {
	s := &story{subject: subject, fleet: fleet}
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	workflow.GoNamed(disconnected, "story", s.write)
	return s
}

func (s *story) write(ctx workflow.Context) {
	for {
		if err := workflow.Await(ctx, func() bool { return len(s.queue) > 0 }); err != nil {
			return
		}
		next := s.queue[0]
		s.queue, s.writing = s.queue[1:], true
		if err := workflow.ExecuteActivity(recording(ctx), history.Record, next).Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Error("record refused", "error", err)
		}
		s.writing = false
	}
}

// tell queues records; the type and message make one event of them.
func (s *story) tell(ctx workflow.Context, records activities.RecordInput, eventType, message string, data map[string]any) {
	if eventType != "" {
		s.told++
		info := workflow.GetInfo(ctx)
		records.Events = append(records.Events, serving.EventRecord{
			Key:   fmt.Sprintf("%s/%s#%d", info.WorkflowExecution.ID, info.OriginalRunID, s.told),
			RunID: s.subject, Fleet: s.fleet, At: workflow.Now(ctx).UTC(),
			Type: eventType, Message: message, Data: data,
		})
	}
	count(ctx, records)
	s.queue = append(s.queue, records)
}

// note tells an event without a record.
func (s *story) note(ctx workflow.Context, eventType, message string, data map[string]any) {
	s.tell(ctx, activities.RecordInput{}, eventType, message, data)
}

// finish waits until everything told is written, also on a cancelled context.
func (s *story) finish(ctx workflow.Context) {
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	_ = workflow.Await(disconnected, func() bool { return len(s.queue) == 0 && !s.writing && !s.notifying })
}
