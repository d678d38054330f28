package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// Backup writes a whole copy of an SQLite database into a new file while others
// read and write it; the copy is of one moment. A Postgres server has tools of its
// own for that, and is refused with the command to use.
func Backup(ctx context.Context, url, file string) error {
	target, err := parseURL(url)
	if err != nil {
		return err
	}
	if target.kind == postgresKind {
		return fmt.Errorf("%w: Postgres is backed up by pg_dump --format=custom --file=%s DATABASE_URL", ErrInvalid, file)
	}
	if _, err := os.Stat(target.path); err != nil { // to open it would make an empty one
		return fmt.Errorf("back up %s: %w", target.path, err)
	}
	// It holds what the database holds, so it is for nobody else's eyes either.
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("back up into a new file: %w", err)
	}
	err = errors.Join(vacuumInto(ctx, target.path, file), out.Sync(), out.Close())
	if err != nil {
		return errors.Join(fail(err, "back up %s", target.path), os.Remove(file))
	}
	return nil
}

func vacuumInto(ctx context.Context, path, file string) error {
	pool, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, "VACUUM INTO ?", file)
	return errors.Join(err, pool.Close())
}
