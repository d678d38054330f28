package report

import (
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// RolloutStory is what production saw.
type RolloutStory struct {
	ID         string             `json:"id"`
	WorkflowID string             `json:"workflow_id"`
	Outcome    serving.Outcome    `json:"outcome,omitempty"`
	Phase      string             `json:"phase"`
	Reason     string             `json:"reason,omitempty"`
	ApprovedBy string             `json:"approved_by,omitempty"`
	StartedAt  time.Time          `json:"started_at"`
	ClosedAt   *time.Time         `json:"closed_at,omitempty"`
	RestoredAt *time.Time         `json:"restored_at,omitempty"`
	Violation  *serving.Violation `json:"violation,omitempty"`
	Stages     []Stage            `json:"stages"`
}

// Stage is one step with both arms, and what was decided on them.
type Stage struct {
	Weight       int                  `json:"weight"`
	Seconds      float64              `json:"seconds"`
	StartedAt    time.Time            `json:"started_at"`
	Verdict      serving.Verdict      `json:"verdict"`
	HardAbort    bool                 `json:"hard_abort,omitempty"`
	Sentence     string               `json:"sentence"`
	ComparedWith string               `json:"compared_with"`
	Canary       serving.ArmSummary   `json:"canary"`
	Other        serving.ArmSummary   `json:"other" doc:"The arm it was compared with; no requests where there was none."`
	Checks       []serving.JudgeCheck `json:"checks"`
	Notes        []string             `json:"notes,omitempty"`
}

func rolloutOf(f Facts) *RolloutStory {
	ro := f.Rollout
	if ro == nil {
		return nil
	}
	out := &RolloutStory{ID: ro.ID, WorkflowID: ro.WorkflowID, Outcome: ro.Outcome, Phase: ro.Phase, Reason: ro.Reason,
		ApprovedBy: ro.ApprovedBy, StartedAt: ro.StartedAt, ClosedAt: ro.ClosedAt, RestoredAt: ro.RestoredAt,
		Violation: ro.Violation, Stages: []Stage{}}
	for _, s := range f.Stages {
		j := s.Judgement
		out.Stages = append(out.Stages, Stage{Weight: s.Weight, Seconds: s.EndedAt.Sub(s.StartedAt).Seconds(), StartedAt: s.StartedAt,
			Verdict: j.Verdict, HardAbort: j.HardAbort, Sentence: orElse(j.Sentence, j.Reason), ComparedWith: j.ComparedWith,
			Canary: j.Canary, Other: j.Baseline, Checks: append([]serving.JudgeCheck{}, j.Checks...), Notes: j.Notes})
	}
	return out
}

// summaryOf is an arm's distribution of a latency.
func summaryOf(a serving.ArmSummary, m serving.Metric) serving.LatencySummary {
	switch m {
	case serving.MetricITL:
		return a.ITL
	case serving.MetricE2E:
		return a.E2E
	}
	return a.TTFT
}
