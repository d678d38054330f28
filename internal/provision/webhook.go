package provision

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/signed"
)

// KindWebhook is the kind of variants that somebody else's platform runs, behind
// a receiver that keeps the contract of deploy/webhook/PROVISIONER.md.
const KindWebhook = "webhook"

// webhookPoll is how often a receiver is asked how a start or an end goes on.
const webhookPoll = 500 * time.Millisecond

// WebhookOptions configure a Webhook.
type WebhookOptions struct {
	// Client reaches receivers; nil: one of its own, ten seconds a call.
	Client *http.Client
	// Secret looks up the key that fleet.Provisioner.Secret refers to, at each call,
	// so that it can be rotated. Required.
	Secret signed.ReadSecret
	// CommandLine renders the engine's command line for receivers that want one.
	// Required.
	CommandLine CommandLine
	// StartTimeout bounds the wait for a variant to serve; 0: DefaultStartTimeout.
	StartTimeout time.Duration
	// Poll is the distance of two questions; 0: half a second.
	Poll time.Duration
}

// Webhook has variants run by a receiver below fleet.Provisioner.Address. Every
// request is signed, and answered at once: starting and ending go on behind it,
// so a worker that is cut off loses nothing.
type Webhook struct{ opts WebhookOptions }

// NewWebhook makes a provisioner; nothing is called yet.
func NewWebhook(opts WebhookOptions) *Webhook {
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{IdleConnTimeout: time.Minute}}
	if opts.Client != nil {
		client = *opts.Client
	}
	// A redirect would carry signature and body to a host that nobody named.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	opts.Client = &client
	if opts.StartTimeout == 0 {
		opts.StartTimeout = DefaultStartTimeout
	}
	if opts.Poll == 0 {
		opts.Poll = webhookPoll
	}
	return &Webhook{opts: opts}
}

// Ensure orders the variant and returns when the receiver says that it serves.
func (w *Webhook) Ensure(ctx context.Context, fleet serving.Fleet, spec serving.VariantSpec) (serving.VariantStatus, error) {
	if err := CheckSpec(fleet, spec); err != nil {
		return serving.VariantStatus{}, err
	}
	status, err := w.ensure(ctx, fleet, spec)
	if err != nil {
		return serving.VariantStatus{}, fmt.Errorf("ensure %s of %s: %w", spec.Variant, fleet.Name, err)
	}
	return status, nil
}

func (w *Webhook) ensure(ctx context.Context, fleet serving.Fleet, spec serving.VariantSpec) (serving.VariantStatus, error) {
	args, err := w.opts.CommandLine(spec.Config, "", 0)
	if err != nil {
		return serving.VariantStatus{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	began := time.Now()
	var now WebhookVariant
	order := WebhookOrder{Config: spec.Config, CommandLine: args, Hardware: spec.Hardware, Replicas: spec.Replicas}
	if err := w.call(ctx, fleet, http.MethodPut, path(spec.Variant), order, &now); err != nil {
		return serving.VariantStatus{}, err
	}
	started := now.State != StateServing
	for !now.is(spec) {
		switch {
		case now.State == StateFailed:
			return serving.VariantStatus{}, w.failed(ctx, fleet, spec.Variant, now.Reason)
		case time.Since(began) > w.opts.StartTimeout:
			return serving.VariantStatus{}, w.failed(ctx, fleet, spec.Variant, fmt.Sprintf("it does not serve after %s; %s", w.opts.StartTimeout, now.Reason))
		}
		if err := pause(ctx, w.opts.Poll); err != nil {
			return serving.VariantStatus{}, fmt.Errorf("wait for the receiver: %w", err)
		}
		if now, err = w.find(ctx, fleet, spec.Variant); err != nil {
			return serving.VariantStatus{}, err
		}
	}
	status := serving.VariantStatus{Fleet: fleet.Name, Variant: spec.Variant, Config: now.Config, Endpoints: now.Endpoints}
	if started {
		status.ReadySeconds = time.Since(began).Seconds()
	}
	return status, nil
}

func (v WebhookVariant) is(spec serving.VariantSpec) bool {
	return v.State == StateServing && v.Config.Equal(spec.Config) && len(v.Endpoints) == spec.Replicas
}

// failed has the receiver forget what did not start, and says why it did not.
func (w *Webhook) failed(ctx context.Context, fleet serving.Fleet, v serving.Variant, why string) error {
	return errors.Join(fmt.Errorf("%w: %s", ErrStartFailed, why), w.Remove(context.WithoutCancel(ctx), fleet, v))
}

// find asks for one variant; a variant that the receiver does not tell of has to
// be ordered anew, which a retry does.
func (w *Webhook) find(ctx context.Context, fleet serving.Fleet, v serving.Variant) (WebhookVariant, error) {
	all, err := w.list(ctx, fleet)
	if err != nil {
		return WebhookVariant{}, err
	}
	i := slices.IndexFunc(all, func(f WebhookVariant) bool { return f.Variant == v })
	if i < 0 {
		return WebhookVariant{}, fmt.Errorf("the receiver has lost %s of %s", v, fleet.Name)
	}
	return all[i], nil
}

func (w *Webhook) list(ctx context.Context, fleet serving.Fleet) ([]WebhookVariant, error) {
	var all []WebhookVariant
	err := w.call(ctx, fleet, http.MethodGet, "/variants", nil, &all)
	return all, err
}

// Remove has a variant ended and returns when the receiver tells of it no more.
func (w *Webhook) Remove(ctx context.Context, fleet serving.Fleet, v serving.Variant) error {
	if err := w.call(ctx, fleet, http.MethodDelete, path(v), nil, nil); err != nil {
		return fmt.Errorf("remove %s of %s: %w", v, fleet.Name, err)
	}
	for {
		all, err := w.list(ctx, fleet)
		if err != nil {
			return fmt.Errorf("remove %s of %s: %w", v, fleet.Name, err)
		}
		if !slices.ContainsFunc(all, func(f WebhookVariant) bool { return f.Variant == v }) {
			return nil
		}
		if err := pause(ctx, w.opts.Poll); err != nil {
			return fmt.Errorf("wait for %s of %s to end: %w", v, fleet.Name, err)
		}
	}
}

// Describe lists the variants with replicas that serve.
func (w *Webhook) Describe(ctx context.Context, fleet serving.Fleet) ([]serving.VariantStatus, error) {
	all, err := w.list(ctx, fleet)
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", fleet.Name, err)
	}
	out := []serving.VariantStatus{}
	for _, v := range all {
		if len(v.Endpoints) > 0 {
			out = append(out, serving.VariantStatus{Fleet: fleet.Name, Variant: v.Variant, Config: v.Config, Endpoints: v.Endpoints})
		}
	}
	return out, nil
}

func path(v serving.Variant) string { return "/variants/" + url.PathEscape(string(v)) }

func pause(ctx context.Context, d time.Duration) error {
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-over.C:
		return nil
	}
}
