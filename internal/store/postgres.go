package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// connectionAge is when a connection is replaced: within minutes after a
// failover or a change of DNS all connections go to the new server.
const connectionAge = 15 * time.Minute

// openPostgres connects to a server and waits until it answers or ctx ends. Its
// errors never contain the URL, which may hold a password.
func openPostgres(ctx context.Context, url string) (*gorm.DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w: not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE", ErrInvalid)
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxLifetime(connectionAge)
	doing := fmt.Sprintf("connect to postgres at %s:%d, database %s", config.Host, config.Port, config.Database)
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, fail(err, "%s", doing)
	}
	db, err := gorm.Open(postgres.New(postgres.Config{Conn: pool}), gormConfig())
	if err != nil {
		_ = pool.Close()
		return nil, fail(err, "%s", doing)
	}
	return db, nil
}
