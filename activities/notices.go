package activities

import (
	"context"
	"errors"
	"time"

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

func (a *Notices) tell(ctx context.Context, target string, n serving.Notice) error {
	sent, err := a.ledger.NoticeSent(ctx, n.Key, target)
	if err != nil || sent {
		return err
	}
	if err := a.notifier.Send(ctx, target, n); err != nil {
		return err
	}
	return a.ledger.SaveNotice(ctx, n.Key, target, time.Now().UTC())
}
