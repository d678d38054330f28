package workflows_test

import (
	"context"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// The methods below are what the store keeps of the advisor.

func (w *world) SaveInsight(_ context.Context, i serving.Insight) error {
	return save(w, &w.insights, i)
}

func (w *world) SaveExchange(_ context.Context, e serving.AdvisorExchange) error {
	return save(w, &w.exchanges, e)
}

func (w *world) AnsweredExchange(_ context.Context, key string) (serving.AdvisorExchange, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.exchanges {
		if e.Key == key && e.Status == serving.ExchangeAnswered {
			return e, true, nil
		}
	}
	return serving.AdvisorExchange{}, false, nil
}

func (w *world) AdvisorUsage(_ context.Context, subject string) (serving.AdvisorUsage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var used serving.AdvisorUsage
	for _, e := range w.exchanges {
		if e.Subject == subject {
			used.Attempts++
			used.PromptTokens, used.CompletionTokens = used.PromptTokens+e.PromptTokens, used.CompletionTokens+e.CompletionTokens
		}
	}
	return used, nil
}
