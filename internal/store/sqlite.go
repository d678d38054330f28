package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/libtnb/sqlite"
	"gorm.io/gorm"
)

// openSQLite opens a file, making its folder when missing, and brings its tables up
// to date. The folder is closed to other users: the audit log and prompts of load
// tests are in the file.
func openSQLite(ctx context.Context, path string) (*gorm.DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open %s: %w: %w", path, ErrUnavailable, err)
	}
	db, err := gorm.Open(sqlite.Open(sqliteDSN(path)), gormConfig())
	if err != nil {
		return nil, fail(err, "open %s", path)
	}
	pool, err := db.DB()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	if err := migrate(ctx, pool, sqliteKind); err != nil {
		_ = pool.Close()
		return nil, err
	}
	return db, nil
}
