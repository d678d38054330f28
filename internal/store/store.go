package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// maxConnections bounds the pool of one process. A server and a few workers
// together stay far below Postgres's default of 100; SQLite has one writer at a
// time anyway and gains only parallel reads.
const maxConnections = 16

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db  *gorm.DB
	now func() time.Time
	// owner names this Store in the claims it holds on idempotency keys, so that
	// one which was paused beyond its lease cannot end the claim of another.
	owner string
}

// Option changes how a Store works.
type Option func(*Store)

// WithClock makes the Store tell the time by now instead of time.Now. It times
// leases and stamps what carries no time of its own.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// Open opens the database and brings its tables up to date; several processes
// may do so at once. The URL is "postgres://..." for Postgres, and "sqlite:PATH"
// or a path for an SQLite file, which is created when missing; "" means
// DefaultPath. The caller closes the Store.
func Open(ctx context.Context, url string, options ...Option) (*Store, error) {
	db, kind, err := connect(ctx, url)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, now: time.Now, owner: rand.Text()}
	for _, o := range options {
		o(s)
	}
	if err := migrate(ctx, db, kind); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("migrate %s database: %w", kind, err)
	}
	return s, nil
}

// connect tells the databases apart by the URL's scheme.
func connect(ctx context.Context, url string) (*gorm.DB, kind, error) {
	target, err := parseURL(url)
	if err != nil {
		return nil, "", err
	}
	if target.kind == postgresKind {
		db, err := openPostgres(ctx, target.url)
		return db, postgresKind, err
	}
	db, err := openSQLite(target.path)
	return db, sqliteKind, err
}

// gormConfig makes GORM behave alike on both databases: errors translated, no
// transaction around single statements (they are atomic by themselves), times
// by the microsecond, and no log of its own, since every error is returned.
func gormConfig() *gorm.Config {
	return &gorm.Config{TranslateError: true, SkipDefaultTransaction: true, Logger: logger.Discard}
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return fail(s.db.WithContext(ctx).Raw("SELECT 1").Scan(&one).Error, "ping database")
}

// Close ends all connections.
func (s *Store) Close() error {
	pool, err := s.db.DB()
	if err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return pool.Close()
}

// utc is t as both databases keep it: to the microsecond, which is all that
// Postgres has, in UTC, without which SQLite would order text by local time.
func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// utcOrNil is utc for a time that may be absent.
func utcOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := utc(*t)
	return &u
}
