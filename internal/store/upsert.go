package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// upsert inserts a row, or updates the given columns of the one with the same
// key where the guard holds. The guard is SQL over the stored row (by table
// name) and the new one ("excluded"); it is evaluated with the row locked, so
// of two writers the later one sees what the earlier one wrote. A write that
// the guard turns away is no error: what is stored is newer.
type upsert struct {
	key     []string
	columns []string
	guard   string // "" always updates
}

func (u upsert) save(ctx context.Context, db *gorm.DB, row any) error {
	conflict := clause.OnConflict{DoUpdates: clause.AssignmentColumns(u.columns)}
	for _, column := range u.key {
		conflict.Columns = append(conflict.Columns, clause.Column{Name: column})
	}
	if u.guard != "" {
		conflict.Where = clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: u.guard}}}
	}
	return db.WithContext(ctx).Clauses(conflict).Create(row).Error
}

// locked makes a query take the rows it reads until the transaction ends. On
// SQLite the transaction already has the only write lock.
func locked(tx *gorm.DB) *gorm.DB {
	return tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
}

// required refuses an empty part of a key, given as name and value by turns.
func required(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			return fmt.Errorf("%w: %s must not be empty", ErrInvalid, pairs[i])
		}
	}
	return nil
}
