package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Notifier tells people.
type Notifier interface {
	// Targets are those who are told about a fleet.
	Targets(fleet string) []string
	Send(ctx context.Context, target string, n serving.Notice) error
}

// NoticeLedger remembers what was sent, so that a repeat is not.
type NoticeLedger interface {
	NoticeSent(ctx context.Context, key, target string) (bool, error)
	SaveNotice(ctx context.Context, key, target string, at time.Time) error
}

// Notices tells people what workflows noticed.
type Notices struct {
	notifier Notifier
	ledger   NoticeLedger
}

// NewNotices returns the notifying activity.
func NewNotices(n Notifier, l NoticeLedger) *Notices { return &Notices{notifier: n, ledger: l} }

// NotifyInput is what to tell.
type NotifyInput struct {
	Notice serving.Notice `json:"notice"`
}

// Notify tells every target that was not told yet. One that fails keeps none of
// the others from it, and a retry goes to those that failed only. A target that
// refused for good is left out of the retries.
func (a *Notices) Notify(ctx context.Context, in NotifyInput) error {
	var again, refused []error
	for _, target := range a.notifier.Targets(in.Notice.Fleet) {
		err := a.tell(ctx, target, in.Notice)
		switch {
		case errors.Is(err, serving.ErrPermanent):
			refused = append(refused, err)
		case err != nil:
			again = append(again, err)
		}
	}
	if len(again) > 0 {
		return errors.Join(again...)
	}
	return translate(errors.Join(refused...))
}

// tell sends although the ledger is away, and does not send again for want of its
// mark: a page that comes twice is better than one that never does.
func (a *Notices) tell(ctx context.Context, target string, n serving.Notice) error {
	sent, err := ledgerSays(ctx, func(ctx context.Context) (bool, error) { return a.ledger.NoticeSent(ctx, n.Key, target) })
	switch {
	case err != nil:
		activity.GetLogger(ctx).Warn("sending without knowing what was sent", "notice", n.Key, "target", target, "error", err)
	case sent:
		return nil
	}
	if err := a.notifier.Send(ctx, target, n); err != nil {
		return err
	}
	_, err = ledgerSays(ctx, func(ctx context.Context) (bool, error) {
		return true, a.ledger.SaveNotice(ctx, n.Key, target, time.Now().UTC())
	})
	if err != nil {
		activity.GetLogger(ctx).Warn("sent, but not marked as sent", "notice", n.Key, "target", target, "error", err)
	}
	return nil
}

// ledgerWithin leaves most of an attempt's 20 s to the targets.
const ledgerWithin = 3 * time.Second

func ledgerSays(ctx context.Context, ask func(context.Context) (bool, error)) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, ledgerWithin)
	defer cancel()
	return ask(ctx)
}
