package workflows

// Phase is where a run or a rollout is. It is a search attribute, so the words
// are what people filter by.
type Phase string

// Phases of Optimize.
const (
	PhaseCollecting       Phase = "collecting"
	PhaseDiagnosing       Phase = "diagnosing"
	PhaseProposing        Phase = "proposing"
	PhaseTrialing         Phase = "trialing"
	PhaseConfirming       Phase = "confirming" // repeat and hold-out of the winner
	PhaseAwaitingApproval Phase = "awaiting-approval"
	PhaseRollingOut       Phase = "rolling-out"
)

// Phases of Rollout; it shares awaiting-approval with Optimize.
const (
	PhasePreparing      Phase = "preparing" // canary and baseline start
	PhaseShifting       Phase = "shifting"  // a stage is running
	PhaseAwaitingHuman  Phase = "awaiting-human"
	PhasePromoting      Phase = "promoting"
	PhaseWaitingForSlot Phase = "waiting-for-slot" // behind other rollouts
	PhaseUndoable       Phase = "undoable"         // promoted, the old configuration is warm
	PhaseRollingBack    Phase = "rolling-back"
	PhaseClosed         Phase = "closed"
)
