package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
)

// Task queues. One worker binary serves all of them or a chosen subset.
const (
	QueueMain    = "performance-agent"         // workflows and quick activities
	QueueWatch   = "performance-agent-watch"   // long WatchFleet activities
	QueueLoad    = "performance-agent-load"    // load tests, few at a time
	QueueAdvisor = "performance-agent-advisor" // rate-limited LLM calls
)

// Queues lists every task queue.
func Queues() []string { return []string{QueueMain, QueueWatch, QueueLoad, QueueAdvisor} }

// OptimizeID is the workflow ID of a fleet's optimization: at most one runs.
func OptimizeID(fleet string) string { return "optimize:" + fleet }

// TrialID is the workflow ID of the n-th trial of a fleet's optimization.
func TrialID(fleet string, n int) string { return fmt.Sprintf("optimize:%s:trial:%d", fleet, n) }

// RolloutID is the workflow ID of a fleet's rollout: at most one runs.
func RolloutID(fleet string) string { return "rollout:" + fleet }

// StageID is the workflow ID of the stage at a canary weight in percent.
func StageID(fleet string, weight int) string {
	return fmt.Sprintf("rollout:%s:stage:%d", fleet, weight)
}

// CoordinatorID is the workflow ID of the one coordinator.
const CoordinatorID = "coordinator"

// WaveID is the workflow ID of a wave.
func WaveID(id string) string { return "wave:" + id }

// MonitorID is the workflow ID of a fleet's monitor.
func MonitorID(fleet string) string { return "monitor:" + fleet }

// LoadTestID is the workflow ID of a load test on its own.
func LoadTestID(id string) string { return "loadtest:" + id }

// NoticeID is the workflow ID under which people are told of something once.
func NoticeID(key string) string { return "notice:" + key }

// InsightID is the workflow ID of an insight that a person asked for.
func InsightID(id string) string { return "insight:" + id }

// ValidationID is the workflow ID of a quality check on its own.
func ValidationID(id string) string { return "validation:" + id }

// RememberID is the workflow ID of a record that is kept by its key.
func RememberID(key string) string { return "remember:" + key }

// ScheduleID is under which Temporal keeps the time of a schedule.
func ScheduleID(id string) string { return "schedule:" + id }

// ScheduledID is the workflow ID of what acts on a schedule, to which Temporal adds
// the time. The generation says by which record the time is kept.
func ScheduledID(id string, generation int64) string {
	return fmt.Sprintf("scheduled:%s:%d", id, generation)
}

// Signals and updates of Optimize and Rollout. The same names work as signals
// (fire and forget, from tctl) and as updates (which answer, from the API).
const (
	SLOViolation = "slo-violation" // payload serving.Violation; signal only
	Approve      = "approve"       // payload Command, as for all below
	Reject       = "reject"
	Pause        = "pause"
	Resume       = "resume"
	Promote      = "promote"
	Rollback     = "rollback"
)

// Signals of slots: a rollout asks and returns, the coordinator answers.
const (
	AskSlot      = "slot-ask"    // payload serving.SlotRequest
	ReturnSlot   = "slot-return" // payload serving.SlotRequest
	SlotAnswered = "slot"        // payload serving.SlotAnswer
)

// StatusQuery answers the workflow's status struct, also after it closed.
const StatusQuery = "status"

// Search attributes. The worker registers them on the server at its start.
var (
	FleetKey       = temporal.NewSearchAttributeKeyKeyword("Fleet")
	EngineKey      = temporal.NewSearchAttributeKeyKeyword("Engine")
	PhaseKey       = temporal.NewSearchAttributeKeyKeyword("Phase")
	OutcomeKey     = temporal.NewSearchAttributeKeyKeyword("Outcome")
	WeightKey      = temporal.NewSearchAttributeKeyInt64("Weight")
	ImprovementKey = temporal.NewSearchAttributeKeyFloat64("Improvement")
)

// Changes of what workflows do, by the names under which histories know them.
const (
	changeChecks    = "trial-checks"   // 1: smoke test and quality check before the load
	changeDrift     = "search-drift"   // 1: the baseline is measured again at the end
	changeVetted    = "rollout-vetted" // 1: a given configuration is vetted before it sees traffic
	changeNotices   = "notices"        // 1: people are told
	changeAdmission = "admission"      // 1: budgets and freezes are asked before production is touched
	changeFresh     = "trial-fresh"    // 1: staging is cleared before a trial
	changeSlots     = "rollout-slots"  // 1: a rollout takes a slot before it touches production
	changeHolders   = "slot-holders"   // 1: a coordinator begins by finding who holds slots already
	changePromotion = "promotion"      // 1: stable is replaced replica by replica, and the old one kept warm
	changeHalfway   = "repair-halfway" // 1: a repair looks whether stable may have traffic before it gets it
	changeAdvisor   = "advisor"        // 1: a language model is asked beside the first trial
	changeSearch    = "search-asks"    // 1: each trial is asked for after those before it
)

// Error types with which workflows fail. Activities have their own (package
// activities); RollbackFailed is the one that must wake somebody.
const (
	ErrRollbackFailed = "RollbackFailed"
	ErrInvalidInput   = "InvalidInput"
	ErrNotPermitted   = "NotPermitted" // of a command: the fleet's policy names others
	ErrRunFailed      = "RunFailed"
)
