package main

import (
	"context"
	"sync"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// production is what the users of the fleet got. Lost counts answers that did
// not come whole, for whatever reason.
type production struct {
	Requests int            `json:"requests"`
	Lost     int            `json:"lost"`
	Kinds    map[string]int `json:"lost_by_kind,omitempty"`
}

// users send steady, production-like traffic through the gateway and count what
// does not come back whole.
type users struct {
	cancel context.CancelFunc
	done   chan struct{}

	mu   sync.Mutex
	seen production
}

func startUsers(target, model string, w serving.Workload) *users {
	ctx, cancel := context.WithCancel(context.Background())
	u := &users{cancel: cancel, done: make(chan struct{}), seen: production{Kinds: map[string]int{}}}
	go func() {
		defer close(u.done)
		_ = loadgen.New(loadgen.Options{}).RunTraffic(ctx, target, model, w, 42, u.note)
	}()
	return u
}

func (u *users) note(r loadgen.Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.seen.Requests++
	if r.Lost() {
		u.seen.Lost++
		u.seen.Kinds[r.Error]++
	}
}

// stop ends the traffic, waits for the answers on their way and returns the
// count. It may be called again.
func (u *users) stop() production {
	u.cancel()
	<-u.done
	return u.count()
}

func (u *users) count() production {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.seen
}
