package rig

import (
	"context"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// lookTimeout bounds one question of the rig to a part that may be frozen.
const lookTimeout = 3 * time.Second

// lookEvery is how often a run is looked at; faults fall that late at the most.
const lookEvery = 150 * time.Millisecond

// moments notes when the events of a run were first seen, from outside the agent.
type moments struct {
	mu   sync.Mutex
	at   map[chaos.Moment]time.Time
	news map[chaos.Moment]chan struct{}
}

func newMoments() *moments {
	m := &moments{at: map[chaos.Moment]time.Time{}, news: map[chaos.Moment]chan struct{}{}}
	for _, at := range []chaos.Moment{chaos.Accepted, chaos.CanaryRuns, chaos.CanaryServes, chaos.CanaryAlone, chaos.Restored, chaos.StagingRuns} {
		m.news[at] = make(chan struct{})
	}
	return m
}

// reach notes the moment, the first time.
func (m *moments) reach(at chaos.Moment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, was := m.at[at]; !was {
		m.at[at] = time.Now()
		close(m.news[at])
	}
}

// when is the zero time for what was not seen.
func (m *moments) when(at chaos.Moment) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at[at]
}

// watch looks at the fleet until ctx ends.
func (c *cell) watch(ctx context.Context, f *fleet, m *moments, look func() census) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		m.engines(look()[f.name])
		if now, err := c.trafficOf(ctx, f); err == nil {
			m.split(now.Weights)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (c *cell) trafficOf(ctx context.Context, f *fleet) (serving.Traffic, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return c.routers.Traffic(ctx, f.record)
}

func (m *moments) engines(of map[string][]int) {
	if len(of["canary"]) > 0 {
		m.reach(chaos.CanaryRuns)
	}
	if len(of["staging"]) > 0 {
		m.reach(chaos.StagingRuns)
	}
}

func (m *moments) split(w serving.Weights) {
	switch share := w.Of(serving.Canary); {
	case share == 100:
		m.reach(chaos.CanaryAlone)
		m.reach(chaos.CanaryServes)
	case share > 0:
		m.reach(chaos.CanaryServes)
	}
	if !m.when(chaos.CanaryServes).IsZero() && w.SameSplit(serving.AllStable(0)) {
		m.reach(chaos.Restored)
	}
}
