package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/libtnb/sqlite"
	"gorm.io/gorm"
)

// OpenLimited opens the tables of a file that must not grow by more than so many
// pages, as a disk that is full lets no file grow.
func OpenLimited(ctx context.Context, url string, more int) (*Store, error) {
	target, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	now, err := Open(ctx, url)
	if err != nil {
		return nil, err
	}
	var pages int
	if err := errors.Join(now.db.Raw("PRAGMA page_count").Scan(&pages).Error, now.Close()); err != nil {
		return nil, err
	}
	pages += more
	db, err := gorm.Open(sqlite.Open(sqliteDSN(target.path)+fmt.Sprintf("&_pragma=max_page_count(%d)", pages)), gormConfig())
	return &Store{db: db, now: time.Now, owner: "limited"}, err
}

// Versions are the numbers of all migrations, in order.
func Versions() ([]int64, error) {
	files, err := migrations.ReadDir("migrations/" + string(sqliteKind))
	if err != nil {
		return nil, err
	}
	var out []int64
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, version)
	}
	return out, nil
}

// AtVersion makes a database as an earlier program left it: at a version, with
// whatever the statements put there.
func AtVersion(ctx context.Context, url string, version int64, statements []string) error {
	target, err := parseURL(url)
	if err != nil {
		return err
	}
	name, dsn := "sqlite", sqliteDSN(target.path)
	if target.kind == postgresKind {
		name, dsn = "pgx", target.url
	}
	pool, err := sql.Open(name, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	provider, err := migrator(pool, target.kind)
	if err != nil {
		return err
	}
	if _, err := provider.UpTo(ctx, version); err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := pool.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
