package store

import (
	"fmt"
	"net/url"
	"strings"
)

// kind is a database product.
type kind string

const (
	sqliteKind   kind = "sqlite"
	postgresKind kind = "postgres"
)

// DefaultPath is the SQLite file used when no URL is given, relative to the
// working directory.
const DefaultPath = "performance-agent.db"

// target is where a database is.
type target struct {
	kind kind
	path string // of an SQLite file
	url  string // of a Postgres server, with its password: never print it
}

// parseURL reads the forms that Open documents.
func parseURL(raw string) (target, error) {
	scheme, rest, hasScheme := strings.Cut(raw, ":")
	switch {
	case raw == "":
		return target{kind: sqliteKind, path: DefaultPath}, nil
	case scheme == "postgres" || scheme == "postgresql":
		return target{kind: postgresKind, url: raw}, nil
	case scheme == "sqlite" && hasScheme:
		return sqliteTarget(strings.TrimPrefix(rest, "//"))
	case hasScheme && strings.HasPrefix(rest, "//"):
		return target{}, fmt.Errorf("database URL: scheme %q is unknown, use postgres:// or sqlite:PATH: %w", scheme, ErrInvalid)
	}
	return sqliteTarget(raw)
}

func sqliteTarget(path string) (target, error) {
	if path == "" || strings.Contains(path, ":memory:") {
		return target{}, fmt.Errorf("database URL: %q names no file; each connection would get a database of its own, use sqlite:PATH: %w", path, ErrInvalid)
	}
	return target{kind: sqliteKind, path: path}, nil
}

// sqliteDSN is the data source name of a file.
//
// WAL lets readers work beside the one writer; busy_timeout makes writers queue
// (10 s is far beyond any transaction here, so a timeout means a stuck process);
// immediate transactions take the write lock at their start, since upgrading
// later fails at once with BUSY; the time zone makes text times comparable.
func sqliteDSN(path string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(NORMAL)" +
		"&_pragma=foreign_keys(1)&_txlock=immediate&_timezone=UTC"
}
