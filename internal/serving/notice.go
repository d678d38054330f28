package serving

import "time"

// NoticeKind is what people are told about.
type NoticeKind string

// What people are told about.
const (
	NoticeViolationOpened   NoticeKind = "violation-opened"
	NoticeViolationResolved NoticeKind = "violation-resolved"
	NoticeRunOutcome        NoticeKind = "run-outcome"
	NoticeRolloutOutcome    NoticeKind = "rollout-outcome" // of a rollout on its own
	NoticeNeedsHuman        NoticeKind = "needs-human"
	NoticeRolledBack        NoticeKind = "rolled-back"
	NoticeRollbackFailed    NoticeKind = "rollback-failed"
)

// Notice is one thing that people are told. Key makes a repeat recognisable.
type Notice struct {
	Key      string        `json:"key"`
	Kind     NoticeKind    `json:"kind"`
	Fleet    string        `json:"fleet"`
	Severity AlertSeverity `json:"severity,omitempty"`
	Title    string        `json:"title"` // one line
	Text     string        `json:"text"`
	At       time.Time     `json:"at"`
	// WorkflowID and RunID are where to look further.
	WorkflowID string     `json:"workflow_id,omitempty"`
	RunID      string     `json:"run_id,omitempty"`
	Outcome    Outcome    `json:"outcome,omitempty"`
	Violation  *Violation `json:"violation,omitempty"`
}
