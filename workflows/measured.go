package workflows

import "go.temporal.io/sdk/workflow"

// Phases in which a workflow that makes one measurement ends.
const (
	phaseCompleted = "completed"
	phaseFailed    = "failed"
	phaseCanceled  = "canceled"
)

// measuredPhase is the phase in which one measurement ends, and why it was not completed.
func measuredPhase(ctx workflow.Context, err error) (phase, reason string) {
	switch {
	case canceled(ctx):
		return phaseCanceled, "canceled"
	case err != nil:
		return phaseFailed, rootMessage(err)
	}
	return phaseCompleted, ""
}

// measuredError makes Temporal close the workflow as its phase says.
func measuredError(phase, reason string) error {
	switch phase {
	case phaseCanceled:
		return workflow.ErrCanceled
	case phaseFailed:
		return failed(ErrRunFailed, reason)
	}
	return nil
}
