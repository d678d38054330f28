package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"
)

// undo takes back one step. run must be absolute and do nothing when the step
// never happened, because it is registered before the step.
type undo struct {
	name string
	run  func(workflow.Context) error
	// guards means that what comes after it (what was registered before it) is
	// only safe once it worked: replicas may be removed only after their traffic
	// is gone.
	guards bool
}

// compensation is the stack of undos of a saga.
type compensation struct{ undos []undo }

// add registers an undo before its step is taken.
func (c *compensation) add(u undo) { c.undos = append(c.undos, u) }

// forget drops all undos: what they would take back is now meant to stay.
func (c *compensation) forget() { c.undos = nil }

// run takes everything back, last first, on a context that a cancellation does
// not reach. It goes on after a failing undo unless that one guards the rest,
// and returns the first failure as text only: a cancellation inside the chain
// would make Temporal close the workflow as Canceled and hide the failure.
func (c *compensation) run(ctx workflow.Context) error {
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	var first error
	for i := len(c.undos) - 1; i >= 0; i-- {
		u := c.undos[i]
		err := u.run(disconnected)
		if err == nil {
			continue
		}
		workflow.GetLogger(ctx).Error("undo failed", "undo", u.name, "error", err)
		if first == nil {
			first = fmt.Errorf("%s: %s", u.name, rootMessage(err))
		}
		if u.guards {
			break
		}
	}
	c.undos = nil
	return first
}
