package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// CoordinatorInput carries the slots over a continue-as-new.
type CoordinatorInput struct {
	Slots serving.Slots `json:"slots"`
	// Continued says that Slots are those of the coordinator before this one, and
	// not those of a first, or of the first after one that was terminated.
	Continued bool `json:"continued,omitempty"`
}

// Coordinator gives out the slots under which rollouts touch production: at most
// so many at a time, and one of each lock-step group, first come first served. It
// is started by the first request and ends when nobody holds or wants a slot. A
// rollout that ended without returning its slot, because it was terminated, is
// noticed while somebody waits. A coordinator that was terminated took what it knew
// with it, so the next one asks the running rollouts which of them hold slots before
// it gives out any.
func Coordinator(ctx workflow.Context, in CoordinatorInput) error {
	c := &coordinator{slots: in.Slots}
	err := workflow.SetQueryHandler(ctx, StatusQuery, func() (serving.Slots, error) { return c.slots, nil })
	if err != nil {
		return fmt.Errorf("register query: %w", err)
	}
	if !in.Continued {
		if err := c.restore(ctx); err != nil {
			return err
		}
	}
	return c.run(ctx)
}

// Bounds of the look at holders: a slot of a terminated rollout is free within
// seconds, and a wait of a day costs some hundred events.
const (
	holderSeconds      = 5
	holderWatchSeconds = 300
	findHoldersSeconds = 60
)

type coordinator struct {
	slots serving.Slots
	// watched is the look at the holders, nil while nobody waits for them.
	watched workflow.Future
	stop    workflow.CancelFunc
}

// restore reads the holders before any signal is: one that returns its slot
// meanwhile is taken out again by its signal. It goes on until all could be asked,
// since a holder that is left out would let one rollout too many begin.
func (c *coordinator) restore(ctx workflow.Context) error {
	if workflow.GetVersion(ctx, changeHolders, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	var found activities.FindHoldersResult
	err := workflow.ExecuteActivity(watching(ctx, seconds(findHoldersSeconds), "find who holds slots"), slots.FindHolders).Get(ctx, &found)
	if err != nil {
		return failed(ErrRunFailed, "find who holds slots: "+rootMessage(err))
	}
	c.slots.Restore(found.Holders)
	return nil
}

func (c *coordinator) run(ctx workflow.Context) error {
	for !workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
		c.receive(ctx)
		for changed := c.slots.Grant(); len(changed) > 0; changed = c.slots.Grant() {
			c.answer(ctx, changed) // whoever is gone makes room for the next
		}
		if c.slots.Idle() {
			if !c.receive(ctx) {
				return nil
			}
			continue
		}
		if err := c.await(ctx); err != nil {
			return err
		}
	}
	c.unwatch()
	for c.receive(ctx) { // a request that nobody read would be lost
	}
	return workflow.NewContinueAsNewError(ctx, Coordinator, CoordinatorInput{Slots: c.slots, Continued: true})
}

// receive takes in whatever was sent and reports whether there was anything.
func (c *coordinator) receive(ctx workflow.Context) bool {
	got := false
	var r serving.SlotRequest
	for workflow.GetSignalChannel(ctx, AskSlot).ReceiveAsync(&r) {
		c.ask(ctx, r)
		got, r = true, serving.SlotRequest{}
	}
	for workflow.GetSignalChannel(ctx, ReturnSlot).ReceiveAsync(&r) {
		c.slots.Forget(r.RunID)
		got, r = true, serving.SlotRequest{}
	}
	return got
}

// ask takes in a request. A repeat is answered again: the first answer may have
// been lost.
func (c *coordinator) ask(ctx workflow.Context, r serving.SlotRequest) {
	c.slots.Ask(r)
	if c.slots.Holds(r.RunID) {
		c.answer(ctx, []serving.SlotRequest{r})
	}
}

// answer tells rollouts how their requests stand. One that is gone is forgotten.
func (c *coordinator) answer(ctx workflow.Context, changed []serving.SlotRequest) {
	for _, r := range changed {
		err := workflow.SignalExternalWorkflow(ctx, r.WorkflowID, r.RunID, SlotAnswered,
			serving.SlotAnswer{Granted: c.slots.Holds(r.RunID), Behind: r.Behind}).Get(ctx, nil)
		if err != nil {
			workflow.GetLogger(ctx).Info("nobody there to hold the slot", "workflow", r.WorkflowID, "error", err)
			c.slots.Forget(r.RunID)
		}
	}
}

// await blocks until there is a signal or a holder has ended.
func (c *coordinator) await(ctx workflow.Context) error {
	c.watch(ctx)
	selector := workflow.NewSelector(ctx)
	for _, name := range []string{AskSlot, ReturnSlot} {
		selector.AddReceive(workflow.GetSignalChannel(ctx, name), func(workflow.ReceiveChannel, bool) {})
	}
	if c.watched != nil {
		selector.AddFuture(c.watched, c.ended(ctx))
	}
	selector.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	holders := len(c.slots.Holders)
	selector.Select(ctx)
	if c.receive(ctx); len(c.slots.Holders) != holders {
		c.unwatch() // the next look is at those who hold slots then
	}
	return ctx.Err()
}

// watch looks at the holders while somebody waits for them.
func (c *coordinator) watch(ctx workflow.Context) {
	if c.watched != nil || len(c.slots.Waiting) == 0 || len(c.slots.Holders) == 0 {
		return
	}
	watchCtx, cancel := workflow.WithCancel(ctx)
	c.stop = cancel
	c.watched = workflow.ExecuteActivity(watching(watchCtx, seconds(holderWatchSeconds), "look at the holders of slots"), slots.AwaitClosed,
		activities.AwaitClosedInput{Holders: c.slots.Holders, EverySeconds: holderSeconds, MaxSeconds: holderWatchSeconds})
}

func (c *coordinator) unwatch() {
	if c.stop != nil {
		c.stop()
	}
	c.watched, c.stop = nil, nil
}

func (c *coordinator) ended(ctx workflow.Context) func(workflow.Future) {
	return func(f workflow.Future) {
		var seen activities.AwaitClosedResult
		if err := f.Get(ctx, &seen); err != nil {
			workflow.GetLogger(ctx).Warn("holders of slots cannot be looked at", "error", err)
		}
		for _, runID := range seen.Closed {
			c.slots.Forget(runID)
		}
		c.unwatch()
	}
}
