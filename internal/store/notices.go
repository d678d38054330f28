package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
)

type noticeRow struct {
	NoticeKey string `gorm:"primaryKey"`
	Target    string `gorm:"primaryKey"`
	At        time.Time
}

func (noticeRow) TableName() string { return "notices" }

// NoticeSent reports whether a notice was sent to a target.
func (s *Store) NoticeSent(ctx context.Context, key, target string) (bool, error) {
	var rows []noticeRow
	err := s.db.WithContext(ctx).Where("notice_key = ? AND target = ?", key, target).Limit(1).Find(&rows).Error
	return len(rows) > 0, fail(err, "notice %q to %s", key, target)
}

// SaveNotice records that a notice was sent; a repeat keeps the first time.
func (s *Store) SaveNotice(ctx context.Context, key, target string, at time.Time) error {
	if err := required("notice key", key, "target", target); err != nil {
		return fail(err, "save notice")
	}
	row := noticeRow{NoticeKey: key, Target: target, At: utc(at)}
	err := s.db.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error
	return fail(err, "save notice %q to %s", key, target)
}
