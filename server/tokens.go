package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/dialguard"
	"github.com/optiinfra/performance-agent/internal/oidcauth"
	"github.com/optiinfra/performance-agent/server/api"
)

// issuerTimeout bounds one request to the issuer of tokens.
const issuerTimeout = 5 * time.Second

// keysAndTokens takes API keys and tokens of an issuer. Neither needs the other: keys
// go on while the issuer is away, tokens while the store is.
type keysAndTokens struct {
	keys   api.Authenticator
	issuer *oidcauth.Issuer
}

// withIssuer adds the issuer of the settings, if they name one.
func withIssuer(settings config.Server, keys api.Authenticator) api.Authenticator {
	if settings.OIDCIssuer == "" {
		return keys
	}
	networks := settings.OIDCNetworks
	if len(networks) == 0 {
		networks = dialguard.Allowed(settings.AllowedNetworks)
	}
	return keysAndTokens{keys: keys, issuer: oidcauth.New(oidcauth.Options{
		Issuer: settings.OIDCIssuer, Audience: settings.OIDCAudience, Algorithms: settings.OIDCAlgorithms, Leeway: settings.OIDCLeeway,
		Actor: settings.OIDCActor, Role: settings.OIDCRole, RoleOf: settings.RoleOf, Fleets: settings.OIDCFleets,
		Client: dialguard.Client(networks, issuerTimeout), Now: time.Now,
	})}
}

// Authenticate implements api.Authenticator.
func (k keysAndTokens) Authenticate(ctx context.Context, token string) (api.Principal, error) {
	if !isJWT(token) {
		return k.keys.Authenticate(ctx, token)
	}
	who, err := k.issuer.Identify(ctx, token)
	switch {
	case errors.Is(err, oidcauth.ErrToken):
		return api.Principal{}, fmt.Errorf("%w: %w", api.ErrCredential, err)
	case errors.Is(err, oidcauth.ErrIssuer):
		return api.Principal{}, fmt.Errorf("%w: %w", api.ErrUnchecked, err)
	case err != nil:
		return api.Principal{}, err
	}
	return api.Principal{ID: who.ID, Name: who.Name, Role: who.Role, Fleets: who.Fleets, Until: who.Expires}, nil
}

// isJWT tells tokens from keys by their form: a JSON object in base64, two dots.
func isJWT(token string) bool {
	return strings.HasPrefix(token, "eyJ") && strings.Count(token, ".") == 2
}
