package activities

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// SlotDesk passes requests to whoever gives out slots. Both calls are idempotent.
type SlotDesk interface {
	Ask(ctx context.Context, r serving.SlotRequest) error
	Return(ctx context.Context, r serving.SlotRequest) error
	// Open says whether the workflow of a request still runs.
	Open(ctx context.Context, r serving.SlotRequest) (bool, error)
	// Holders are the requests of all running workflows that were granted a slot.
	// It fails rather than leave one out.
	Holders(ctx context.Context) ([]serving.SlotRequest, error)
}

// Slots bounds how many fleets change at a time.
type Slots struct {
	desk  SlotDesk
	limit int
}

// NewSlots returns the activities on slots; limit is how many rollouts may touch
// production at a time, 0 for any number.
func NewSlots(desk SlotDesk, limit int) *Slots { return &Slots{desk: desk, limit: limit} }

// AskSlotResult says whether an answer is to be waited for.
type AskSlotResult struct {
	Wait bool `json:"wait"`
}

// AskSlot asks for a slot if the request is bound by anything.
func (a *Slots) AskSlot(ctx context.Context, in serving.SlotRequest) (AskSlotResult, error) {
	in.Limit = a.limit
	if in.Limit == 0 && in.Group == "" {
		return AskSlotResult{}, nil
	}
	if err := a.desk.Ask(ctx, in); err != nil {
		return AskSlotResult{}, translate(fmt.Errorf("ask for a rollout slot: %w", err))
	}
	return AskSlotResult{Wait: true}, nil
}

// ReturnSlot gives a slot back, or withdraws the request for one.
func (a *Slots) ReturnSlot(ctx context.Context, in serving.SlotRequest) error {
	return translate(a.desk.Return(ctx, in))
}

// FindHoldersResult is who holds slots by their own account.
type FindHoldersResult struct {
	Holders []serving.SlotRequest `json:"holders"`
}

// FindHolders asks every running rollout whether it holds a slot, for a
// coordinator that has just begun and knows of nobody.
func (a *Slots) FindHolders(ctx context.Context) (FindHoldersResult, error) {
	var out FindHoldersResult
	err := beating(ctx, func(ctx context.Context) (err error) {
		out.Holders, err = a.desk.Holders(ctx)
		return err
	})
	return out, translate(err)
}

// AwaitClosedInput are the holders of slots and how they are looked at.
type AwaitClosedInput struct {
	Holders      []serving.SlotRequest `json:"holders"`
	EverySeconds float64               `json:"every_seconds"`
	MaxSeconds   float64               `json:"max_seconds"`
}

// AwaitClosedResult are the run IDs of those that have ended.
type AwaitClosedResult struct {
	Closed []string `json:"closed"`
}

// AwaitClosed returns as soon as a holder has ended without returning its slot,
// or after MaxSeconds. A look that fails is taken for no news.
func (a *Slots) AwaitClosed(ctx context.Context, in AwaitClosedInput) (AwaitClosedResult, error) {
	var out AwaitClosedResult
	for waited := 0.0; ; waited += in.EverySeconds {
		activity.RecordHeartbeat(ctx)
		for _, h := range in.Holders {
			open, err := a.desk.Open(ctx, h)
			if err != nil {
				activity.GetLogger(ctx).Warn("holder of a slot cannot be looked up", "workflow", h.WorkflowID, "error", err)
				continue
			}
			if !open {
				out.Closed = append(out.Closed, h.RunID)
			}
		}
		if len(out.Closed) > 0 || waited >= in.MaxSeconds {
			return out, nil
		}
		if err := waitOrStop(ctx, seconds(in.EverySeconds)); err != nil {
			return out, err
		}
	}
}
