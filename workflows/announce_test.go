package workflows_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

func announced() serving.Notice {
	n := workflows.ViolationNotice(slow, serving.NoticeViolationOpened)
	n.Key = workflows.ViolationNoticeKey(slow, n.Kind, 1_790_000_000)
	return n
}

func TestAnnounce_TellsPeopleWhatItWasGivenAndWhereToLookFurther(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Announce, announced())
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, w.notices, 1)
	told := w.notices[0]
	require.Equal(t, "violation-opened/chat|canary|ttft-p95@1790000000", told.Key)
	require.Equal(t, "SLO violated on chat: ttft-p95", told.Title)
	require.NotEmpty(t, told.WorkflowID)
	require.Equal(t, &slow, told.Violation)
}

func TestAnnounce_NobodyCanBeTold_FailsSayingWhy(t *testing.T) {
	t.Parallel()
	env := environment(t, newWorld())
	env.OnActivity("Notify", anything, anything).Return(func(_ ctxType, _ activities.NotifyInput) error { return errors.New("receiver is away") })
	env.ExecuteWorkflow(workflows.Announce, announced())
	requireErrorType(t, env.GetWorkflowError(), workflows.ErrRunFailed)
	require.ErrorContains(t, env.GetWorkflowError(), "receiver is away")
}
