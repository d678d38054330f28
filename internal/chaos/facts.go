package chaos

import "github.com/optiinfra/performance-agent/internal/serving"

// Facts are what was seen of a run from outside when it was over and everything
// that was hit was back.
type Facts struct {
	Plan Plan
	// Ended says that the workflow closed; Status is how, in Temporal's word, and
	// Outcome and Reason are of its result; Failure is the type of the error of one
	// that failed, which is an honest end unless it could not go back.
	Ended   bool
	Status  string
	Failure string
	Outcome serving.Outcome
	Reason  string
	// Recorded is the outcome in the agent's record; RecordClosed that the record is
	// closed.
	Recorded     serving.Outcome
	RecordClosed bool
	// From and To are the keys of the configuration before the run and of the one
	// that it rolled out, "" when none.
	From, To string
	// Registered is the key of the configuration in the fleet's record and Replicas
	// their number.
	Registered string
	Replicas   int
	Weights    serving.Weights
	Running    []serving.VariantStatus // as the provisioner has it
	// Processes counts the living engines by variant, as the system has it.
	Processes map[string]int
	// Routed are stable's endpoints at the router.
	Routed []string
	Lost   []Request
	// Accepted are the mutations that the API accepted, Audited those in its log, by
	// action.
	Accepted, Audited map[string]int
	// Replays are the histories that do not replay, each with its reason.
	Replays []string
	// Unseen is what could not be looked at.
	Unseen []string
}
