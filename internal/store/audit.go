package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// AuditFilter narrows the audit log; zero fields do not narrow. From and To are
// inclusive.
type AuditFilter struct {
	Actor    string
	Action   string
	Target   string
	From, To time.Time
}

func (f AuditFilter) narrow(q *gorm.DB) *gorm.DB {
	if f.Actor != "" {
		q = q.Where("actor = ?", f.Actor)
	}
	if f.Action != "" {
		q = q.Where("doc ->> 'action' = ?", f.Action) // read of the document by both databases
	}
	if f.Target != "" {
		q = q.Where("target = ?", f.Target)
	}
	return between(q, "at", f.From, f.To)
}

type auditRow struct {
	ID     int64 `gorm:"primaryKey;autoIncrement"`
	At     time.Time
	Actor  string
	Target string
	Key    *string `gorm:"column:event_key"` // NULL where the record has none
	Doc    string
}

func (auditRow) TableName() string       { return "audit" }
func (auditRow) keyset() (at, id string) { return "at", "id" }
func (auditRow) numbered()               {}
func (r auditRow) texts() map[string]string {
	return map[string]string{"actor": r.Actor, "target": r.Target}
}
func (r auditRow) position() position { return position{At: r.At, Number: r.ID} }
func (r auditRow) record() (serving.AuditRecord, error) {
	a, err := decode[serving.AuditRecord](r.Doc)
	a.ID = r.ID
	return a, err
}

// AppendAudit adds a row to the audit log, unless one with its key is there. Nothing
// changes or prunes it.
func (s *Store) AppendAudit(ctx context.Context, a serving.AuditRecord) error {
	if a.At.IsZero() {
		a.At = s.now()
	}
	a.At, a.ID = utc(a.At), 0
	doc, err := encode(a)
	if err != nil {
		return fail(err, "audit %s of %q", a.Action, a.Target)
	}
	row := auditRow{At: a.At, Actor: a.Actor, Target: a.Target, Doc: doc}
	if a.Key != "" {
		row.Key = &a.Key
	}
	created := s.db.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	return fail(created.Error, "audit %s of %q", a.Action, a.Target)
}

// Audit lists the audit log, the newest row first.
func (s *Store) Audit(ctx context.Context, f AuditFilter, p Page) ([]serving.AuditRecord, string, error) {
	return list[auditRow](ctx, s, f, p, f.narrow)
}
