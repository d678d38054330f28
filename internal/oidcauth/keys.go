package oidcauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	// refreshAfter is when keys are fetched anew though they still do: by then one
	// that the issuer withdrew is no longer taken.
	refreshAfter = 15 * time.Minute
	// keptFor bounds how long keys are gone by of which the issuer no longer tells.
	keptFor = 24 * time.Hour
	// askedApart is the least time between two fetches: anybody can send tokens that
	// name keys which nobody has.
	askedApart = 10 * time.Second
	// fetchTimeout bounds discovery and keys together.
	fetchTimeout = 10 * time.Second
	// maxKeysBytes is far above any issuer's keys.
	maxKeysBytes = 1 << 20
)

// errSignature is a token that no key of the issuer's has signed.
var errSignature = errors.New("not signed by a key of the issuer")

// errNotAsked is where there is nothing better to tell.
var errNotAsked = errors.New("it was asked only just now")

// keys are those that the issuer publishes, and when they were fetched.
type keys struct {
	issuer     string
	algorithms []jose.SignatureAlgorithm
	client     *http.Client
	now        func() time.Time

	mu      sync.Mutex
	held    []jose.JSONWebKey
	fetched time.Time // of held
	asked   time.Time // when a fetch began last
	failed  error     // of the last fetch
	pending chan struct{}
}

// verify returns what a token says if a key of the issuer's has signed it. A key that
// is not known may be new, so the issuer is asked again, but not for every token.
func (k *keys) verify(ctx context.Context, token string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(token, k.algorithms)
	if err != nil || len(signed.Signatures) != 1 {
		return nil, errSignature
	}
	held, err := k.current(ctx)
	if err != nil {
		return nil, err
	}
	if payload, ok := verifyBy(held, signed); ok {
		return payload, nil
	}
	if slices.ContainsFunc(held, func(key jose.JSONWebKey) bool { return key.KeyID == signed.Signatures[0].Header.KeyID }) {
		return nil, errSignature
	}
	if held, err = k.renewed(ctx); err != nil {
		return nil, err
	}
	if payload, ok := verifyBy(held, signed); ok {
		return payload, nil
	}
	return nil, errSignature
}

func verifyBy(held []jose.JSONWebKey, signed *jose.JSONWebSignature) ([]byte, bool) {
	header := signed.Signatures[0].Header
	for _, key := range held {
		fits := (header.KeyID == "" || key.KeyID == header.KeyID) && (key.Algorithm == "" || key.Algorithm == header.Algorithm) &&
			key.Use != "enc" && key.IsPublic()
		if !fits {
			continue
		}
		if payload, err := signed.Verify(&key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// current are the keys held; without any it waits for them. Old ones are renewed
// behind the caller's back, and go on while that fails.
func (k *keys) current(ctx context.Context) ([]jose.JSONWebKey, error) {
	k.mu.Lock()
	age := k.now().Sub(k.fetched)
	held := k.held
	if held != nil && age < keptFor {
		if age >= refreshAfter {
			k.startFetch()
		}
		k.mu.Unlock()
		return held, nil
	}
	k.mu.Unlock()
	return k.renewed(ctx)
}

// renewed are keys as of now, or as of the last fetch where that was only just; an
// error is of a fetch that failed.
func (k *keys) renewed(ctx context.Context) ([]jose.JSONWebKey, error) {
	k.mu.Lock()
	k.startFetch()
	pending := k.pending
	k.mu.Unlock()
	if pending != nil {
		select {
		case <-pending:
		case <-ctx.Done():
			// Not wrapped: that the caller's patience ended is not what is wrong.
			return nil, errors.New("it has not answered yet")
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.failed != nil:
		return nil, k.failed
	case k.held == nil || k.now().Sub(k.fetched) >= keptFor:
		return nil, errNotAsked
	}
	return k.held, nil
}

// startFetch begins a fetch unless one is under way or was only just. k.mu is held.
func (k *keys) startFetch() {
	now := k.now()
	if k.pending != nil || !k.asked.IsZero() && now.Sub(k.asked) < askedApart {
		return
	}
	done := make(chan struct{})
	k.pending, k.asked = done, now
	go func() {
		// Whoever waits may leave; the next ones have use for the keys.
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		set, err := k.fetch(ctx)
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.failed = err; err == nil {
			k.held, k.fetched = set, now
		}
		k.pending = nil
		close(done)
	}()
}

// fetch discovers where the issuer's keys are, and reads them.
func (k *keys) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, k.client), k.issuer)
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	var where struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&where); err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where.Keys, nil)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	answer, err := k.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("keys: the issuer answered %s", answer.Status)
	}
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxKeysBytes)).Decode(&set); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("keys: the issuer publishes none")
	}
	return set.Keys, nil
}
