package api

import (
	"crypto/sha256"
	"net/http"
	"sync"
	"time"
)

const (
	// knownFor is how long a token is taken for what it was: a key that another
	// server revokes works here for so long. This server's own revocations count at
	// once.
	knownFor = 5 * time.Second
	// trustedFor is how long after the last look a token is trusted while the store
	// does not answer, for what route.duringOutage allows: long enough to stop what
	// hurts, and short enough that a key which is revoked meanwhile, by another server
	// that reaches the store, cannot be used for long.
	trustedFor = 15 * time.Minute
)

// maxKnown bounds the tokens that are remembered; a full memory is emptied.
const maxKnown = 10000

// duringOutage says that a credential need not be checked anew while the store is
// away: for reads, and for the commands that stop the bleeding.
func (r route) duringOutage() bool { return r.method == http.MethodGet || r.stops }

// stopping are the verbs that only take back, or hold up, what goes on.
func stopping(verb string) bool { return verb == "pause" || verb == "rollback" || verb == "cancel" }

// knownTokens remembers, by hash, whom tokens belong to.
type knownTokens struct {
	mu   sync.Mutex
	held map[[sha256.Size]byte]knownToken
}

type knownToken struct {
	principal Principal
	checked   time.Time
}

// find knows a token that was looked at just now.
func (k *knownTokens) find(token string, now time.Time) (Principal, bool) {
	return k.within(token, now, knownFor)
}

// lately knows one that was looked at within trustedFor.
func (k *knownTokens) lately(token string, now time.Time) (Principal, bool) {
	return k.within(token, now, trustedFor)
}

func (k *knownTokens) within(token string, now time.Time, age time.Duration) (Principal, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t, ok := k.held[sha256.Sum256([]byte(token))]
	over := !t.principal.Until.IsZero() && !now.Before(t.principal.Until)
	return t.principal, ok && !over && now.Before(t.checked.Add(age))
}

func (k *knownTokens) keep(token string, p Principal, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held == nil || len(k.held) >= maxKnown {
		k.held = map[[sha256.Size]byte]knownToken{}
	}
	k.held[sha256.Sum256([]byte(token))] = knownToken{principal: p, checked: now}
}

// drop forgets a token that is no longer good.
func (k *knownTokens) drop(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.held, sha256.Sum256([]byte(token)))
}

func (k *knownTokens) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held = nil
}
