package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm"
)

// migrations holds one folder for each kind of database with the same numbers.
//
//go:embed migrations
var migrations embed.FS

// migrate applies the migrations that are missing. It never takes one back: a
// newer process may already rely on it.
func migrate(ctx context.Context, db *gorm.DB, k kind) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	provider, err := migrator(pool, k)
	if err != nil {
		return err
	}
	if k == postgresKind {
		_, err = provider.Up(ctx)
		return fail(err, "apply")
	}
	return migrateSQLite(ctx, provider)
}

// migrateSQLite needs no lock. Each migration is one immediate transaction, so
// a process that loses the race to another fails on "table exists", changes
// nothing and tries again; it can lose at most once for each migration and once
// for goose's own table.
func migrateSQLite(ctx context.Context, provider *goose.Provider) error {
	var err error
	for range len(provider.ListSources()) + 2 {
		if _, err = provider.Up(ctx); err == nil || ctx.Err() != nil {
			break
		}
	}
	return fail(err, "apply")
}

func migrator(pool *sql.DB, k kind) (*goose.Provider, error) {
	folder, err := fs.Sub(migrations, "migrations/"+string(k))
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectSQLite3
	if k == postgresKind {
		dialect = goose.DialectPostgres
		// One try a second for ten minutes: long enough for the slowest migration
		// of another process. goose's default waits 5 s between tries.
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600))
		if err != nil {
			return nil, fmt.Errorf("lock migrations: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(dialect, pool, folder, options...)
}
