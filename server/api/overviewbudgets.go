package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/overview"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// budgetsFor is how long the live page takes a fleet's budgets for what they were:
// they move by the minute, and each is counted from thousands of rows.
const budgetsFor = 10 * time.Second

// budgetMemory are the budgets that were counted last, by fleet.
type budgetMemory struct {
	mu   sync.Mutex
	held map[string]countedBudgets
}

type countedBudgets struct {
	generation int64
	until      time.Time
	budgets    []overview.Budget
}

func (m *budgetMemory) find(f serving.Fleet, now time.Time) ([]overview.Budget, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.held[f.Name]
	return c.budgets, ok && c.generation == f.Generation && now.Before(c.until)
}

func (m *budgetMemory) keep(f serving.Fleet, budgets []overview.Budget, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held == nil {
		m.held = map[string]countedBudgets{}
	}
	m.held[f.Name] = countedBudgets{generation: f.Generation, until: until, budgets: budgets}
}

// knownBudgets says what is left of each objective's budget.
func (s *Server) knownBudgets(ctx context.Context, f serving.Fleet) ([]overview.Budget, error) {
	now := s.deps.Now()
	if b, ok := s.counted.find(f, now); ok {
		return b, nil
	}
	reports, _, err := s.budgets(ctx, f)
	if err != nil {
		return nil, err
	}
	out := []overview.Budget{}
	for _, r := range reports {
		b := overview.Budget{Objective: r.Objective.Name, Remaining: r.Budget.Remaining, State: "kept"}
		switch {
		case r.Budget.NoData:
			b.State = "no-data"
		case r.Budget.Spent():
			b.State = "spent"
		case slices.ContainsFunc(r.Alerts, func(a slo.Alert) bool { return a.Firing }):
			b.State = "burning"
		}
		out = append(out, b)
	}
	s.counted.keep(f, out, now.Add(budgetsFor))
	return out, nil
}
