package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// keyMark begins every key that we make, so that people and secret scanners know
// one when they see it.
const keyMark = "pak_"

// NewKey makes a key of 256 random bits.
func NewKey() string {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails: it ends the program instead
	return keyMark + base64.RawURLEncoding.EncodeToString(secret[:])
}

// HashKey is what is kept of a key. A key has too many bits to be guessed, so a
// plain SHA-256 keeps it as well as a slow hash keeps a password.
func HashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// KeyPrefix is how a key begins: enough to tell keys apart and too little to guess.
func KeyPrefix(key string) string { return key[:min(len(keyMark)+6, len(key))] }

// KeyBook finds keys by their hashes and notes their use.
type KeyBook interface {
	APIKeyByHash(ctx context.Context, hash string) (serving.APIKey, error)
	TouchAPIKey(ctx context.Context, id string, at time.Time) error
}

// touchEvery is how exact a key's last use is: a write for every request would
// cost more than the request.
const touchEvery = time.Minute

// Keyring is the Authenticator by API keys.
type Keyring struct {
	book     KeyBook
	classify func(error) error
	now      func() time.Time
}

// NewKeyring looks keys up in the book, whose errors classify explains.
func NewKeyring(book KeyBook, classify func(error) error, now func() time.Time) *Keyring {
	return &Keyring{book: book, classify: classify, now: now}
}

// Authenticate looks the key up by its hash. That takes constant time as far as a
// caller can steer it: they cannot choose a hash that is nearly right.
func (k *Keyring) Authenticate(ctx context.Context, token string) (Principal, error) {
	key, err := k.book.APIKeyByHash(ctx, HashKey(token))
	now := k.now()
	switch {
	case err != nil && errors.Is(k.classify(err), ErrNotFound):
		return Principal{}, fmt.Errorf("%w: the key is not known", ErrCredential)
	case err != nil:
		return Principal{}, err
	case key.RevokedAt != nil:
		return Principal{}, fmt.Errorf("%w: the key was revoked", ErrCredential)
	case key.Expired(now):
		return Principal{}, fmt.Errorf("%w: the key has expired", ErrCredential)
	}
	if key.LastUsedAt == nil || now.Sub(*key.LastUsedAt) > touchEvery {
		// That the note is lost must not lock anybody out.
		_ = k.book.TouchAPIKey(ctx, key.ID, now.UTC())
	}
	p := Principal{ID: "key:" + key.ID, Name: key.Name, Role: key.Role, Fleets: key.Fleets}
	if key.ExpiresAt != nil {
		p.Until = *key.ExpiresAt
	}
	return p, nil
}
