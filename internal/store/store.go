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
	// answerWithin bounds one answer of Postgres; late lets Open succeed without it.
	answerWithin time.Duration
	late         bool
	// owner names this Store in the claims it holds on idempotency keys, so that
	// one which was paused beyond its lease cannot end the claim of another.
	owner string
}

// Option changes how a Store works.
type Option func(*Store)

// WithClock makes the Store tell the time by now instead of time.Now. It times
// leases and stamps what carries no time of its own.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// WithAnswerWithin bounds what Postgres may take for one statement, in place of
// 8 s; a second of silence beyond it ends the connection. Both are ErrUnavailable.
func WithAnswerWithin(d time.Duration) Option { return func(s *Store) { s.answerWithin = d } }

// WithoutWaiting makes Open succeed although Postgres cannot be reached. Calls are
// ErrUnavailable until it can be; the tables are brought up to date then. It is for
// processes whose other work must not wait for a database: a worker can still take
// traffic back, and a server can still pass a person's word to a workflow.
func WithoutWaiting() Option { return func(s *Store) { s.late = true } }

// Open opens the database and brings its tables up to date; several processes
// may do so at once. The URL is "postgres://..." for Postgres, and "sqlite:PATH"
// or a path for an SQLite file, which is created when missing; "" means
// DefaultPath. A database that a newer version of this program has brought up to
// date is refused with ErrNewer. The caller closes the Store.
func Open(ctx context.Context, url string, options ...Option) (*Store, error) {
	target, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	s := &Store{now: time.Now, owner: rand.Text(), answerWithin: answerWithin}
	for _, o := range options {
		o(s)
	}
	if target.kind == postgresKind {
		s.db, err = openPostgres(ctx, target.url, s.answerWithin, s.late)
	} else {
		s.db, err = openSQLite(ctx, target.path)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// gormConfig makes GORM behave alike on both databases: errors translated, no
// transaction around single statements (they are atomic by themselves), times
// by the microsecond, and no log of its own, since every error is returned. Who
// opens asks for an answer himself.
func gormConfig() *gorm.Config {
	return &gorm.Config{TranslateError: true, SkipDefaultTransaction: true, Logger: logger.Discard, DisableAutomaticPing: true}
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
