package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"
)

// commands are the orders a workflow takes from people. Each name works as a
// signal and as an update; both go through the same two functions, so a tctl
// user and an API user get the same behaviour.
type commands struct {
	// allowed says why the command makes no sense now, nil if it does. It must
	// not change anything: it is also the update's validator.
	allowed func(name string) error
	// permitted says why this person may not give the command; nil allows all. It
	// must not change anything.
	permitted func(name string, c Command) error
	// apply carries the command out. It must not block.
	apply func(ctx workflow.Context, name string, c Command)
	// phase is what an update answers.
	phase func() Phase
}

// listen registers the handlers. Call it before the first blocking call, with
// the state that allowed and apply use in place.
func (c commands) listen(ctx workflow.Context, names ...string) error {
	for _, name := range names {
		err := workflow.SetUpdateHandlerWithOptions(ctx, name,
			func(ctx workflow.Context, command Command) (CommandAnswer, error) {
				// The validator saw an older state than this one.
				if err := c.refuse(name, command); err != nil {
					return CommandAnswer{}, err
				}
				before := c.phase()
				c.apply(ctx, name, command)
				return CommandAnswer{Phase: c.phase(), Before: before}, nil
			},
			workflow.UpdateHandlerOptions{Validator: func(command Command) error { return c.refuse(name, command) }})
		if err != nil {
			return fmt.Errorf("register update %s: %w", name, err)
		}
		workflow.GoNamed(ctx, "signal "+name, func(ctx workflow.Context) { c.receive(ctx, name) })
	}
	return nil
}

// refuse says with which error a command is turned down, nil if it is not.
func (c commands) refuse(name string, command Command) error {
	if err := c.allowed(name); err != nil {
		return failed(ErrInvalidInput, err.Error())
	}
	if c.permitted == nil {
		return nil
	}
	if err := c.permitted(name, command); err != nil {
		return failed(ErrNotPermitted, err.Error())
	}
	return nil
}

func (c commands) receive(ctx workflow.Context, name string) {
	channel := workflow.GetSignalChannel(ctx, name)
	for {
		var command Command
		if more := channel.Receive(ctx, &command); !more {
			return
		}
		if err := c.refuse(name, command); err != nil {
			workflow.GetLogger(ctx).Warn("signal ignored", "signal", name, "reason", err.Error())
			continue
		}
		c.apply(ctx, name, command)
	}
}

// only is the reason why a command is refused outside the given phases.
func only(name string, now Phase, phases ...Phase) error {
	if slices.Contains(phases, now) {
		return nil
	}
	return fmt.Errorf("%s is not possible while %s", name, now)
}

// by names who gave a command, for the story.
func by(c Command) string {
	text := "by signal"
	if c.By != "" {
		text = "by " + c.By
	}
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	return text
}
