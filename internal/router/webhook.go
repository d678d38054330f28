package router

import (
	"errors"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/signed"
)

// KindWebhook is the kind of a router of somebody else's, behind a receiver that
// keeps the contract of deploy/webhook/README.md.
const KindWebhook = "webhook"

// Webhook calls a receiver below fleet.Router.Address. Every request is signed
// with the secret that fleet.Router.Secret refers to. A retry is the same request
// under a fresh timestamp; what makes it harmless is the revision in its body.
type Webhook struct{ jsonRouter }

// NewWebhook reaches receivers through the client, nil for one of its own.
// Secrets are looked up by read at each call, so that they can be rotated.
func NewWebhook(client *http.Client, read signed.ReadSecret) *Webhook {
	own := *orOwnClient(client)
	// A redirect would carry signature and body to a host that nobody named.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Webhook{jsonRouter{client: &own, sign: func(fleet serving.Fleet, req *http.Request, body []byte) error {
		if fleet.Router.Secret == "" {
			return errors.New("a webhook needs a secret: set router.secret to env:NAME or file:/PATH")
		}
		secret, err := read(fleet.Router.Secret)
		if err != nil {
			return err
		}
		signed.Sign(req, body, secret, time.Now())
		return nil
	}}}
}
