package workflows

import (
	"go.temporal.io/sdk/worker"
)

// Register makes the workflows known to a worker under their function names,
// which are their types for ever.
func Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflow(Optimize)
	r.RegisterWorkflow(Trial)
	r.RegisterWorkflow(Rollout)
	r.RegisterWorkflow(CanaryStage)
	r.RegisterWorkflow(Monitor)
	r.RegisterWorkflow(LoadTest)
	r.RegisterWorkflow(Coordinator)
	r.RegisterWorkflow(Wave)
	r.RegisterWorkflow(Validate)
	r.RegisterWorkflow(Announce)
	r.RegisterWorkflow(Remember)
	r.RegisterWorkflow(Insight)
	r.RegisterWorkflow(Scheduled)
}
