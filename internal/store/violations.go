package store

import (
	"cmp"
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// ViolationFilter narrows a list of violations; zero fields do not narrow.
type ViolationFilter struct {
	Fleet    string
	Within   []string // only these fleets; nil is all
	Open     *bool    // not resolved yet, or resolved
	State    string   // one of the states below
	Severity serving.AlertSeverity
	Since    time.Time // not over before that time
}

// States of a violation.
const (
	ViolationOpen         = "open" // and nobody looks after it yet
	ViolationAcknowledged = "acknowledged"
	ViolationResolved     = "resolved"
)

func (f ViolationFilter) narrow(q *gorm.DB) *gorm.DB {
	q = within(q, "fleet", f.Within)
	if f.Fleet != "" {
		q = q.Where("fleet = ?", f.Fleet)
	}
	switch {
	case f.Open == nil:
	case *f.Open:
		q = q.Where("resolved_at IS NULL")
	default:
		q = q.Where("resolved_at IS NOT NULL")
	}
	switch f.State {
	case ViolationOpen:
		q = q.Where("resolved_at IS NULL AND acknowledged_at IS NULL")
	case ViolationAcknowledged:
		q = q.Where("resolved_at IS NULL AND acknowledged_at IS NOT NULL")
	case ViolationResolved:
		q = q.Where("resolved_at IS NOT NULL")
	}
	if f.Severity != "" {
		q = q.Where("severity = ?", f.Severity)
	}
	if !f.Since.IsZero() {
		q = q.Where("(resolved_at IS NULL OR resolved_at >= ?)", utc(f.Since))
	}
	return q
}

type violationRow struct {
	ID             string `gorm:"primaryKey"`
	Fleet          string
	Severity       serving.AlertSeverity
	OpenedAt       time.Time
	ResolvedAt     *time.Time
	AcknowledgedAt *time.Time
	Doc            string
}

func (violationRow) TableName() string          { return "violations" }
func (violationRow) keyset() (at, id string)    { return "opened_at", "id" }
func (r violationRow) texts() map[string]string { return map[string]string{"fleet": r.Fleet} }
func (r violationRow) position() position       { return position{At: r.OpenedAt, ID: r.ID} }
func (r violationRow) record() (serving.ViolationRecord, error) {
	return decode[serving.ViolationRecord](r.Doc)
}

func newViolationRow(v serving.ViolationRecord) (violationRow, error) {
	v.OpenedAt, v.LastSeenAt = utc(v.OpenedAt), utc(v.LastSeenAt)
	v.ResolvedAt, v.AcknowledgedAt = utcOrNil(v.ResolvedAt), utcOrNil(v.AcknowledgedAt)
	v.Count, v.Episodes = max(v.Count, 1), max(v.Episodes, 1)
	doc, err := encode(v)
	return violationRow{ID: v.ID, Fleet: v.Fleet, Severity: cmp.Or(v.Violation.Severity, serving.AlertPage),
		OpenedAt: v.OpenedAt, ResolvedAt: v.ResolvedAt, AcknowledgedAt: v.AcknowledgedAt, Doc: doc}, err
}

// SaveViolation keeps a sighting of a violation. A first sighting opens it; a
// further one keeps OpenedAt and who acknowledged it and moves LastSeenAt; one
// after it was resolved opens it anew. A sighting from before the resolution,
// delivered late, changes nothing.
func (s *Store) SaveViolation(ctx context.Context, v serving.ViolationRecord) error {
	if err := required("violation ID", v.ID, "fleet", v.Fleet); err != nil {
		return fail(err, "save violation")
	}
	if v.LastSeenAt.Before(v.OpenedAt) {
		v.LastSeenAt = v.OpenedAt
	}
	row, err := newViolationRow(v)
	if err != nil {
		return fail(err, "save violation %q", v.ID)
	}
	err = s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		created := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if created.Error != nil || created.RowsAffected == 1 {
			return created.Error
		}
		_, err := editViolation(tx, v.ID, func(stored serving.ViolationRecord) serving.ViolationRecord {
			return sightedAgain(stored, v)
		})
		return err
	})
	return fail(err, "save violation %q", v.ID)
}

// sightedAgain is what a stored violation becomes when it is seen again. A repeat
// of the same sighting changes nothing.
func sightedAgain(stored, seen serving.ViolationRecord) serving.ViolationRecord {
	if stored.ResolvedAt != nil {
		if !utc(seen.LastSeenAt).After(*stored.ResolvedAt) {
			return stored
		}
		if !seen.OpenedAt.After(*stored.ResolvedAt) {
			seen.OpenedAt = seen.LastSeenAt // its own OpenedAt is that of the earlier episode
		}
		seen.Count, seen.Episodes = max(seen.Count, 1), stored.Episodes+1
		return seen
	}
	if !utc(seen.LastSeenAt).After(stored.LastSeenAt) {
		return stored
	}
	seen.OpenedAt = stored.OpenedAt
	seen.Count, seen.Episodes = stored.Count+max(seen.Count, 1), stored.Episodes
	if seen.AcknowledgedAt == nil {
		seen.AcknowledgedAt, seen.AcknowledgedBy, seen.AcknowledgeNote = stored.AcknowledgedAt, stored.AcknowledgedBy, stored.AcknowledgeNote
	}
	return seen
}

// SightViolation says that a known violation was still there at a time, in so many
// looks since it was last said. One that nobody has recorded is none yet.
func (s *Store) SightViolation(ctx context.Context, id string, looks int, at time.Time) error {
	_, err := s.changeViolation(ctx, id, func(v serving.ViolationRecord) serving.ViolationRecord {
		seen := v
		seen.LastSeenAt, seen.Count = at, looks
		seen.ResolvedAt, seen.ResolvedBy, seen.ResolveNote = nil, "", ""
		if v.ResolvedAt != nil {
			seen.AcknowledgedAt, seen.AcknowledgedBy, seen.AcknowledgeNote = nil, "", ""
		}
		return sightedAgain(v, seen)
	})
	if err = fail(err, "sight violation %q", id); errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// ResolveViolation ends a violation at the given time. A repeat keeps the first
// time, and a resolution from before the present episode changes nothing.
func (s *Store) ResolveViolation(ctx context.Context, id string, at time.Time) error {
	_, err := s.CloseViolation(ctx, id, "", "", at)
	return err
}

// CloseViolation is ResolveViolation by a person. A breach that goes on opens it
// anew when it is seen next.
func (s *Store) CloseViolation(ctx context.Context, id, by, note string, at time.Time) (serving.ViolationRecord, error) {
	v, err := s.changeViolation(ctx, id, func(v serving.ViolationRecord) serving.ViolationRecord {
		if v.ResolvedAt == nil && !utc(at).Before(v.OpenedAt) {
			v.ResolvedAt, v.ResolvedBy, v.ResolveNote = &at, by, note
		}
		return v
	})
	return v, fail(err, "resolve violation %q", id)
}

// AcknowledgeViolation records that somebody has seen it, and what they say. A
// repeat keeps the first one who did.
func (s *Store) AcknowledgeViolation(ctx context.Context, id, by, note string, at time.Time) (serving.ViolationRecord, error) {
	v, err := s.changeViolation(ctx, id, func(v serving.ViolationRecord) serving.ViolationRecord {
		if v.AcknowledgedAt == nil {
			v.AcknowledgedAt, v.AcknowledgedBy, v.AcknowledgeNote = &at, by, note
		}
		return v
	})
	return v, fail(err, "acknowledge violation %q", id)
}

func (s *Store) changeViolation(ctx context.Context, id string, change func(serving.ViolationRecord) serving.ViolationRecord) (serving.ViolationRecord, error) {
	var out serving.ViolationRecord
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) (err error) {
		out, err = editViolation(tx, id, change)
		return err
	})
	return out, err
}

// editViolation reads, changes and writes a violation while nobody else can.
func editViolation(tx *gorm.DB, id string, change func(serving.ViolationRecord) serving.ViolationRecord) (serving.ViolationRecord, error) {
	var row violationRow
	if err := locked(tx).Where("id = ?", id).Take(&row).Error; err != nil {
		return serving.ViolationRecord{}, err
	}
	stored, err := row.record()
	if err != nil {
		return serving.ViolationRecord{}, err
	}
	if row, err = newViolationRow(change(stored)); err != nil {
		return serving.ViolationRecord{}, err
	}
	if err := tx.Save(&row).Error; err != nil {
		return serving.ViolationRecord{}, err
	}
	return row.record()
}

// Violation reads a violation; an unknown ID is ErrNotFound.
func (s *Store) Violation(ctx context.Context, id string) (serving.ViolationRecord, error) {
	var row violationRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return serving.ViolationRecord{}, fail(err, "violation %q", id)
	}
	return row.record()
}

// Violations lists violations, the last opened first. One that opens anew while pages
// are read becomes the newest: who reads from the newest meets it in a first page
// alone, as all that is new; who reads by opened_at or by fleet misses none.
func (s *Store) Violations(ctx context.Context, f ViolationFilter, p Page) ([]serving.ViolationRecord, string, error) {
	return list[violationRow](ctx, s, f, p, f.narrow)
}
