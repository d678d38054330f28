package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"
)

// changes looks for what changed, once for all who may see the same fleets and only
// while one of them listens, and tells them. What they hear is only that there is
// something new: each then asks for what they may see.
type changes struct {
	// look is a name for what the fleets show now; nil is all fleets.
	look  func(ctx context.Context, fleets []string) (string, error)
	every time.Duration
	fail  func(error)

	mu     sync.Mutex
	scopes map[string]*scope
}

// scope is who listens within the same fleets. Its fields are guarded by the mutex
// of its changes.
type scope struct {
	fleets    []string
	listeners map[chan string]bool
	version   string
	stop      context.CancelFunc
}

// join adds a listener within the fleets. The channel holds the latest version
// that the listener has not taken yet; whoever comes is told at once where it
// stands. leave ends it.
func (c *changes) join(fleets []string) (heard chan string, leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := scopeKey(fleets)
	sc := c.scopes[key]
	if sc == nil {
		ctx, stop := context.WithCancel(context.Background())
		sc = &scope{fleets: fleets, listeners: map[chan string]bool{}, stop: stop}
		if c.scopes == nil {
			c.scopes = map[string]*scope{}
		}
		c.scopes[key] = sc
		go c.run(ctx, sc)
	}
	heard = make(chan string, 1)
	sc.listeners[heard] = true
	if sc.version != "" {
		heard <- sc.version
	}
	return heard, func() { c.leave(key, sc, heard) }
}

// scopeKey is "*" for all fleets, which no fleet is called.
func scopeKey(fleets []string) string {
	if fleets == nil {
		return "*"
	}
	return strings.Join(slices.Sorted(slices.Values(fleets)), ",")
}

// leave ends the looking with the last listener.
func (c *changes) leave(key string, sc *scope, heard chan string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(sc.listeners, heard)
	if len(sc.listeners) == 0 && c.scopes[key] == sc {
		sc.stop()
		delete(c.scopes, key)
	}
}

func (c *changes) run(ctx context.Context, sc *scope) {
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	for ctx.Err() == nil {
		switch version, err := c.look(ctx, sc.fleets); {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.fail(err)
		default:
			c.tell(sc, version)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// tell replaces what a listener has not taken yet; nobody is waited for.
func (c *changes) tell(sc *scope, version string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if version == sc.version {
		return
	}
	sc.version = version
	for heard := range sc.listeners {
		select {
		case <-heard:
		default:
		}
		heard <- version
	}
}

// version is a hash of what the live page shows of the fleets but for what moves by
// time alone: budgets. It is cheap enough to be looked at twice a second.
func (s *Server) version(ctx context.Context, fleets []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.RequestTimeout)
	defer cancel()
	seen, open := []any{}, true
	within := Query{Within: fleets, Limit: overviewOpen}
	runs, err := s.deps.Store.ListRuns(ctx, within)
	if err != nil {
		return "", err
	}
	for _, r := range runs.Items {
		seen = append(seen, r.ID, r.Phase, r.Outcome, r.UpdatedAt)
	}
	rollouts, err := s.deps.Store.ListRollouts(ctx, within)
	if err != nil {
		return "", err
	}
	for _, r := range rollouts.Items {
		seen = append(seen, r.ID, r.Phase, r.Weight, r.Outcome, r.UpdatedAt)
	}
	violations, err := s.deps.Store.ListViolations(ctx, Query{Within: fleets, Open: &open, Limit: overviewOpen})
	if err != nil {
		return "", err
	}
	for _, v := range violations.Items {
		seen = append(seen, v.ID, v.OpenedAt, v.AcknowledgedBy)
	}
	registered, err := s.deps.Store.ListFleets(ctx, Query{Within: fleets, Limit: overviewFleets})
	if err != nil {
		return "", err
	}
	for _, f := range registered.Items {
		seen = append(seen, f.Name, f.Generation)
	}
	text, err := json.Marshal(seen)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}
