package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// notify queues a notice to people; suffix makes its key one of this execution's.
// They are told beside the decisions, in order, and a receiver that is away delays
// none. Histories from before there were notices have none.
func (s *story) notify(ctx workflow.Context, n serving.Notice, suffix string) {
	if workflow.GetVersion(ctx, changeNotices, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	info := workflow.GetInfo(ctx)
	n.Fleet, n.At = s.fleet, workflow.Now(ctx).UTC()
	n.WorkflowID, n.RunID = info.WorkflowExecution.ID, info.OriginalRunID
	n.Key = fmt.Sprintf("%s/%s/%s/%s", n.WorkflowID, n.RunID, n.Kind, suffix)
	s.notices = append(s.notices, n)
	if s.notifying {
		return
	}
	s.notifying = true
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	workflow.GoNamed(disconnected, "notices", s.sendNotices)
}

// sendNotices ends when the queue is empty; the next notice starts it again. One
// that cannot be delivered in time is given up, and the log says so.
func (s *story) sendNotices(ctx workflow.Context) {
	for len(s.notices) > 0 {
		next := s.notices[0]
		s.notices = s.notices[1:]
		err := workflow.ExecuteActivity(notifying(ctx), telling.Notify, activities.NotifyInput{Notice: next}).Get(ctx, nil)
		if err != nil {
			workflow.GetLogger(ctx).Error("people not told", "notice", next.Key, "error", err)
		}
	}
	s.notifying = false
}

// violated tells of a violation that opened or ended.
func (m *monitor) violated(ctx workflow.Context, v serving.Violation, kind serving.NoticeKind) {
	v.Fleet = m.in.Fleet
	m.story.notify(ctx, ViolationNotice(v, kind), fmt.Sprintf("%s@%d", v.ID, workflow.Now(ctx).Unix()))
}

// needsHuman tells that a run or a rollout waits for a person.
func (s *story) needsHuman(ctx workflow.Context, message string) {
	s.notify(ctx, serving.Notice{Kind: serving.NoticeNeedsHuman, Severity: serving.AlertTicket,
		Title: "A person must decide on " + s.fleet, Text: message}, fmt.Sprint(s.told))
}

// tellEnd tells how a rollout closed. The outcome of one that belongs to a run is the
// run's to tell, but for what somebody must know at once.
func (r *rollout) tellEnd(ctx workflow.Context, failedBack bool) {
	n := serving.Notice{Kind: serving.NoticeRolloutOutcome, Severity: serving.AlertTicket, Outcome: r.status.Outcome,
		Title: fmt.Sprintf("Rollout on %s: %s", r.in.Fleet, r.status.Outcome), Text: r.status.Reason, Violation: r.status.Violation}
	switch {
	case failedBack:
		n.Kind, n.Severity = serving.NoticeRollbackFailed, serving.AlertPage
		n.Title = "ROLLBACK FAILED on " + r.in.Fleet
	case r.status.Outcome == serving.OutcomeRolledBack:
		n.Kind, n.Severity = serving.NoticeRolledBack, serving.AlertPage
		n.Title = "Rolled back on " + r.in.Fleet
	case r.in.RunID != "":
		return
	}
	r.story.notify(ctx, n, "end")
}

// tellEnd tells how the run ended.
func (o *optimize) tellEnd(ctx workflow.Context) {
	o.story.notify(ctx, serving.Notice{Kind: serving.NoticeRunOutcome, Severity: serving.AlertTicket, Outcome: o.status.Outcome,
		Title: fmt.Sprintf("Optimization of %s: %s", o.in.Fleet, o.status.Outcome), Text: o.status.Reason}, "end")
}
