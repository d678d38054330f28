package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Inventory is what a database holds and what is wrong with it.
type Inventory struct {
	Tables   []TableCount
	Problems []string // none when every record is whole
}

// TableCount is how many rows a table has.
type TableCount struct {
	Table string
	Rows  int64
}

// gaps are questions whose every answer is a record that lacks something.
var gaps = []struct{ problem, sql string }{
	{"the story of %s has a gap", `SELECT run_id FROM events GROUP BY run_id HAVING COUNT(*) <> MAX(seq) - MIN(seq) + 1`},
	{"stages of rollout %s, which is not there", `SELECT DISTINCT rollout_id FROM stages WHERE rollout_id NOT IN (SELECT id FROM rollouts)`},
	{"trials of run %s, which is not there", `SELECT DISTINCT run_id FROM trials WHERE run_id NOT IN (SELECT id FROM runs)`},
	{"rollout %s was promoted without a stage", `SELECT id FROM rollouts WHERE outcome = 'promoted' AND id NOT IN (SELECT rollout_id FROM stages)`},
}

// Verify counts what is stored and looks for records that are not whole: after a
// backup is restored, it says whether anything is missing that others refer to.
func (s *Store) Verify(ctx context.Context) (Inventory, error) {
	db := s.db.WithContext(ctx)
	var out Inventory
	names, err := tableNames(db)
	if err != nil {
		return out, fail(err, "list the tables")
	}
	for _, name := range names {
		var rows int64
		if err := db.Table(name).Count(&rows).Error; err != nil {
			return out, fail(err, "count %s", name)
		}
		out.Tables = append(out.Tables, TableCount{name, rows})
	}
	for _, g := range gaps {
		var found []string
		if err := db.Raw(g.sql).Scan(&found).Error; err != nil {
			return out, fail(err, "look for what is missing")
		}
		for _, id := range found {
			out.Problems = append(out.Problems, fmt.Sprintf(g.problem, id))
		}
	}
	unended, err := s.unended(ctx)
	if err != nil {
		return out, err
	}
	out.Problems = append(out.Problems, unended...)
	broken, err := brokenPages(db)
	out.Problems = append(out.Problems, broken...)
	return out, fail(err, "check the file")
}

func tableNames(db *gorm.DB) (names []string, err error) {
	sql := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version' ORDER BY name`
	if db.Name() == string(postgresKind) {
		sql = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'goose_db_version' ORDER BY tablename`
	}
	return names, db.Raw(sql).Scan(&names).Error
}

// unended are rollouts with an outcome that do not say when they ended. Every
// record is read on the way, so one that cannot be is an error.
func (s *Store) unended(ctx context.Context) ([]string, error) {
	var out []string
	page := Page{Limit: maxLimit}
	for {
		list, next, err := s.Rollouts(ctx, RunFilter{}, page)
		if err != nil {
			return out, err
		}
		for _, r := range list {
			if lacksEnd(r) {
				out = append(out, fmt.Sprintf("rollout %s has an outcome and no end", r.ID))
			}
		}
		if page.Cursor = next; next == "" {
			return out, nil
		}
	}
}

func lacksEnd(r serving.RolloutRecord) bool { return r.Outcome != "" && r.ClosedAt == nil }

// brokenPages is what SQLite finds wrong with its file; Postgres checks as it reads.
func brokenPages(db *gorm.DB) ([]string, error) {
	if db.Name() == string(postgresKind) {
		return nil, nil
	}
	var found []string
	err := db.Raw("PRAGMA integrity_check").Scan(&found).Error
	if len(found) == 1 && found[0] == "ok" {
		return nil, err
	}
	return found, err
}
