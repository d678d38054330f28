package e2e_test

import (
	"context"
	"slices"
	"sync"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// pager is the one person who is told of a fleet.
type pager struct {
	mu   sync.Mutex
	told []serving.Notice
}

func (p *pager) Targets(string) []string { return []string{"oncall"} }

func (p *pager) Send(_ context.Context, _ string, n serving.Notice) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, n)
	return nil
}

func (p *pager) notices() []serving.Notice {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.told)
}
