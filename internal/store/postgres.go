package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

const (
	// connectionAge is when a connection is replaced: within minutes after a
	// failover or a change of DNS all connections go to the new server.
	connectionAge = 15 * time.Minute
	// connectWithin bounds the making of a connection, authentication included.
	connectWithin = 5 * time.Second
	// answerWithin is far above any statement here, which takes milliseconds, and
	// below what an API request (10 s) and a recording activity (15 s) may take, so
	// that both learn that the database is slow and not only that they are late.
	answerWithin = 8 * time.Second
	// silence is what is waited beyond that for the server to say so.
	silence = time.Second
	// idleTransaction ends what a client that froze in a transaction has locked.
	idleTransaction = time.Minute
)

// openPostgres connects to a server and brings its tables up to date; if late, it
// does so once the server can be reached. Its errors never contain the URL, which
// may hold a password.
func openPostgres(ctx context.Context, url string, within time.Duration, late bool) (*gorm.DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w: not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE", ErrInvalid)
	}
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, connectWithin)
	setUnlessSet(config.RuntimeParams, "application_name", "performance-agent")
	pool := sql.OpenDB(newGate(stdlib.GetConnector(*bounded(config, within)), func(ctx context.Context) error {
		return migratePostgres(ctx, config)
	}))
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxLifetime(connectionAge)
	err = fail(pool.PingContext(ctx), "connect to postgres at %s:%d, database %s", config.Host, config.Port, config.Database)
	if err != nil && !(late && errors.Is(err, ErrUnavailable)) {
		_ = pool.Close()
		return nil, err
	}
	db, err := gorm.Open(postgres.New(postgres.Config{Conn: pool}), gormConfig())
	if err != nil {
		_ = pool.Close()
		return nil, fail(err, "open postgres")
	}
	return db, nil
}

// bounded is the configuration of connections that nothing hangs on: the server
// ends what takes too long, and the client ends what the server does not. A
// parameter that the URL sets stays as it is.
func bounded(config *pgx.ConnConfig, within time.Duration) *pgx.ConnConfig {
	out := config.Copy()
	setUnlessSet(out.RuntimeParams, "statement_timeout", milliseconds(within))
	setUnlessSet(out.RuntimeParams, "idle_in_transaction_session_timeout", milliseconds(idleTransaction))
	dial := out.DialFunc
	out.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &listening{Conn: conn, within: within + silence}, nil
	}
	return out
}

// migratePostgres works on a connection of its own without bounds: a migration of
// a large table takes as long as it takes.
func migratePostgres(ctx context.Context, config *pgx.ConnConfig) error {
	pool := stdlib.OpenDB(*config)
	defer func() { _ = pool.Close() }()
	return migrate(ctx, pool, postgresKind)
}

func setUnlessSet(params map[string]string, name, value string) {
	if _, set := params[name]; !set {
		params[name] = value
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
