package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Announce tells people what no other workflow noticed: what the API was told, as by
// Alertmanager. The server has no way to people of its own; so a receiver that is
// away is tried again, and a repeat under the same key tells nobody twice.
func Announce(ctx workflow.Context, n serving.Notice) error {
	info := workflow.GetInfo(ctx)
	n.WorkflowID, n.RunID = info.WorkflowExecution.ID, info.OriginalRunID
	err := workflow.ExecuteActivity(notifying(ctx), telling.Notify, activities.NotifyInput{Notice: n}).Get(ctx, nil)
	switch {
	case canceled(ctx):
		return workflow.ErrCanceled
	case err != nil:
		return failed(ErrRunFailed, "people were not told: "+rootMessage(err))
	}
	return nil
}

// ViolationNotice is how people are told of a violation that opened or ended.
func ViolationNotice(v serving.Violation, kind serving.NoticeKind) serving.Notice {
	title := "SLO violated on " + v.Fleet + ": " + v.SLO
	if kind == serving.NoticeViolationResolved {
		title = "Over on " + v.Fleet + ": " + v.SLO
	}
	text := v.Reason
	if text == "" {
		text = describeViolation(v)
	}
	return serving.Notice{Kind: kind, Fleet: v.Fleet, Severity: v.Severity, Title: title, Text: text, Violation: &v}
}

// ViolationNoticeKey tells one opening or end of a violation from the next: atUnix is
// when that was.
func ViolationNoticeKey(v serving.Violation, kind serving.NoticeKind, atUnix float64) string {
	return fmt.Sprintf("%s/%s@%.0f", kind, v.ID, atUnix)
}
