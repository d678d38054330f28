package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// migrations holds one folder for each kind of database with the same numbers.
//
//go:embed migrations
var migrations embed.FS

// migrate applies the migrations that are missing, in the order of their numbers.
// It never takes one back: a newer process may already rely on it. A number that
// is lower than one that was applied is applied all the same, since branches land
// in any order; so a migration must stand by itself and rely on none that is
// released together with it. Once released, none is changed or renumbered.
func migrate(ctx context.Context, pool *sql.DB, k kind) error {
	provider, err := migrator(pool, k)
	if err != nil {
		return fmt.Errorf("migrate %s database: %w", k, err)
	}
	sources := provider.ListSources()
	if err := refuseNewer(ctx, pool, k, sources[len(sources)-1].Version); err != nil {
		return fmt.Errorf("migrate %s database: %w", k, err)
	}
	if k == postgresKind {
		_, err = provider.Up(ctx)
		return fail(err, "migrate %s database", k)
	}
	return migrateSQLite(ctx, provider)
}

// refuseNewer fails on a database with migrations that this program does not know:
// it might break what they promise.
func refuseNewer(ctx context.Context, pool *sql.DB, k kind, known int64) error {
	exists := "SELECT COUNT(*) FROM sqlite_master WHERE name = 'goose_db_version'"
	if k == postgresKind {
		exists = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'goose_db_version'"
	}
	var tables, version int64
	if err := pool.QueryRowContext(ctx, exists).Scan(&tables); err != nil {
		return fail(err, "look for the version")
	}
	if tables == 0 {
		return nil
	}
	if err := pool.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version").Scan(&version); err != nil {
		return fail(err, "read the version")
	}
	if version > known {
		return fmt.Errorf("%w: it has migration %d and this program knows them up to %d; run the version that made it, or restore a backup from before", ErrNewer, version, known)
	}
	return nil
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
	return fail(err, "migrate %s database", sqliteKind)
}

func migrator(pool *sql.DB, k kind) (*goose.Provider, error) {
	folder, err := fs.Sub(migrations, "migrations/"+string(k))
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true)}
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
