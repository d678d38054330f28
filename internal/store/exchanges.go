package store

import (
	"context"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

type exchangeRow struct {
	ID               string `gorm:"primaryKey"`
	ExchangeKey      string
	Fleet            string
	Subject          string
	Status           serving.ExchangeStatus
	At               time.Time
	PromptTokens     int
	CompletionTokens int
	Doc              string
}

func (exchangeRow) TableName() string { return "advisor_exchanges" }

// SaveExchange keeps one call to a language model; a repeat replaces it.
func (s *Store) SaveExchange(ctx context.Context, e serving.AdvisorExchange) error {
	if err := required("exchange ID", e.ID, "key", e.Key); err != nil {
		return fail(err, "save exchange")
	}
	e.At = utc(e.At)
	doc, err := encode(e)
	if err != nil {
		return fail(err, "save exchange %q", e.ID)
	}
	row := exchangeRow{ID: e.ID, ExchangeKey: e.Key, Fleet: e.Fleet, Subject: e.Subject, Status: e.Status, At: e.At,
		PromptTokens: e.PromptTokens, CompletionTokens: e.CompletionTokens, Doc: doc}
	err = upsert{key: []string{"id"},
		columns: []string{"exchange_key", "fleet", "subject", "status", "at", "prompt_tokens", "completion_tokens", "doc"}}.save(ctx, s.db, &row)
	return fail(err, "save exchange %q", e.ID)
}

// AnsweredExchange is the newest answered call of a question's content; found is
// false when there is none.
func (s *Store) AnsweredExchange(ctx context.Context, key string) (e serving.AdvisorExchange, found bool, err error) {
	var rows []exchangeRow
	err = s.db.WithContext(ctx).Where("exchange_key = ? AND status = ?", key, serving.ExchangeAnswered).Order("at DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return e, false, fail(err, "answer to question %q", key)
	}
	e, err = decode[serving.AdvisorExchange](rows[0].Doc)
	return e, err == nil, err
}

// AdvisorUsage is what the calls for one insight have taken, answered or not.
func (s *Store) AdvisorUsage(ctx context.Context, subject string) (serving.AdvisorUsage, error) {
	var sum struct{ Attempts, PromptTokens, CompletionTokens int }
	err := s.db.WithContext(ctx).Model(&exchangeRow{}).Where("subject = ?", subject).
		Select("COUNT(*) AS attempts, COALESCE(SUM(prompt_tokens), 0) AS prompt_tokens, COALESCE(SUM(completion_tokens), 0) AS completion_tokens").Scan(&sum).Error
	return serving.AdvisorUsage{Attempts: sum.Attempts, PromptTokens: sum.PromptTokens, CompletionTokens: sum.CompletionTokens}, fail(err, "advisor's usage for %q", subject)
}

// ExchangesSince counts the calls to language models since a time, by their end.
func (s *Store) ExchangesSince(ctx context.Context, since time.Time) (map[serving.ExchangeStatus]serving.AdvisorUsage, error) {
	var sums []struct {
		Status                                   serving.ExchangeStatus
		Attempts, PromptTokens, CompletionTokens int
	}
	err := s.db.WithContext(ctx).Model(&exchangeRow{}).Where("at >= ?", utc(since)).Group("status").
		Select("status, COUNT(*) AS attempts, COALESCE(SUM(prompt_tokens), 0) AS prompt_tokens, COALESCE(SUM(completion_tokens), 0) AS completion_tokens").Scan(&sums).Error
	if err != nil {
		return nil, fail(err, "exchanges since %s", since.Format(time.RFC3339))
	}
	out := map[serving.ExchangeStatus]serving.AdvisorUsage{}
	for _, r := range sums {
		out[r.Status] = serving.AdvisorUsage{Attempts: r.Attempts, PromptTokens: r.PromptTokens, CompletionTokens: r.CompletionTokens}
	}
	return out, nil
}
