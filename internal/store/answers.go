package store

import (
	"context"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

type answerRow struct {
	AnswerKey string `gorm:"primaryKey"`
	Fleet     string
	At        time.Time
	Doc       string
}

func (answerRow) TableName() string { return "answers" }

// SaveAnswers keeps what an engine answered. A repeat of the check replaces it:
// the answers of one engine belong together.
func (s *Store) SaveAnswers(ctx context.Context, a serving.AnswerRecord) error {
	if err := required("answer key", a.Key); err != nil {
		return fail(err, "save answers")
	}
	a.At = utc(a.At)
	doc, err := encode(a)
	if err != nil {
		return fail(err, "save answers %q", a.Key)
	}
	row := answerRow{AnswerKey: a.Key, Fleet: a.Fleet, At: a.At, Doc: doc}
	err = upsert{key: []string{"answer_key"}, columns: []string{"fleet", "at", "doc"}}.save(ctx, s.db, &row)
	return fail(err, "save answers %q", a.Key)
}

// Answers reads what an engine answered; an unknown key is ErrNotFound.
func (s *Store) Answers(ctx context.Context, key string) (serving.AnswerRecord, error) {
	var row answerRow
	if err := s.db.WithContext(ctx).Where("answer_key = ?", key).Take(&row).Error; err != nil {
		return serving.AnswerRecord{}, fail(err, "answers %q", key)
	}
	return decode[serving.AnswerRecord](row.Doc)
}
