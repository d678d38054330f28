package oidcauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// ErrToken is behind every refusal of a token for what it is; its text is for whoever
// sent the token.
var ErrToken = errors.New("the token is not accepted")

// ErrIssuer says that the issuer could not be asked, so that nothing is known of the
// token.
var ErrIssuer = errors.New("the issuer of tokens does not answer")

// Options say whose tokens are taken and what their claims mean.
type Options struct {
	Issuer, Audience string
	// Algorithms are signatures by a private key. HMAC would be by a key that the
	// issuer publishes to everybody, so verification takes public keys only.
	Algorithms []string
	// Leeway is how far the issuer's clock and ours may be apart.
	Leeway time.Duration
	// Actor, Role and Fleets name claims, with dots between levels. Fleets lists the
	// fleets that a token is good for; "" makes every token good for all.
	Actor, Role, Fleets string
	// RoleOf are roles by value of the role claim.
	RoleOf map[string]serving.Role
	Client *http.Client // reaches the issuer
	Now    func() time.Time
}

// Issuer verifies tokens. It is safe for concurrent use.
type Issuer struct {
	options Options
	config  *oidc.Config
	keys    *keys
}

// New asks nobody yet.
func New(o Options) *Issuer {
	allowed := make([]jose.SignatureAlgorithm, len(o.Algorithms))
	for i, a := range o.Algorithms {
		allowed[i] = jose.SignatureAlgorithm(a)
	}
	return &Issuer{options: o,
		// The times are ours to check, by our leeway.
		config: &oidc.Config{ClientID: o.Audience, SupportedSigningAlgs: o.Algorithms, SkipExpiryCheck: true},
		keys:   &keys{issuer: o.Issuer, algorithms: allowed, client: o.Client, now: o.Now}}
}

// Identify verifies a token and reads its claims. ErrToken refuses the token; ErrIssuer
// says that the issuer could not be asked.
func (i *Issuer) Identify(ctx context.Context, token string) (Identity, error) {
	asked := &attempt{keys: i.keys}
	verified, err := oidc.NewVerifier(i.options.Issuer, asked, i.config).Verify(ctx, token)
	switch {
	case asked.failed != nil:
		return Identity{}, fmt.Errorf("%w: %s: %w", ErrIssuer, i.options.Issuer, asked.failed)
	case err != nil:
		return Identity{}, fmt.Errorf("%w: it is not signed by the issuer or not for this audience", ErrToken)
	}
	var claims map[string]any
	if err := verified.Claims(&claims); err != nil {
		return Identity{}, fmt.Errorf("%w: its claims cannot be read", ErrToken)
	}
	if err := i.inForce(verified, claims); err != nil {
		return Identity{}, err
	}
	return i.identityOf(verified, claims)
}

// inForce checks the times of a token; one that never ends is refused.
func (i *Issuer) inForce(t *oidc.IDToken, claims map[string]any) error {
	now := i.options.Now()
	switch notBefore, given := claims["nbf"].(float64); {
	case t.Expiry.IsZero():
		return fmt.Errorf("%w: it has no end (exp)", ErrToken)
	case !now.Before(t.Expiry.Add(i.options.Leeway)):
		return fmt.Errorf("%w: it is over", ErrToken)
	case given && now.Add(i.options.Leeway).Before(time.Unix(int64(notBefore), 0)):
		return fmt.Errorf("%w: it is not yet in force", ErrToken)
	}
	return nil
}

// attempt is the key set for one token, which keeps apart why there was no answer.
type attempt struct {
	keys   *keys
	failed error
}

// VerifySignature implements oidc.KeySet.
func (a *attempt) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := a.keys.verify(ctx, token)
	if !errors.Is(err, errSignature) {
		a.failed = err
	}
	return payload, err
}
