//go:build linux

package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// databaseTimeout bounds the making or dropping of a database; a clone took up
// to 0.3 s.
const databaseTimeout = 30 * time.Second

// Skip ends a test that cannot have a server: skipped when nothing is
// installed, failed when that must not be (PGTEST_REQUIRED=1) or the server
// broke. It does nothing when err is nil.
func Skip(tb testing.TB, err error) {
	tb.Helper()
	switch {
	case err == nil:
	case errors.Is(err, ErrNoBinaries) && os.Getenv("PGTEST_REQUIRED") != "1":
		tb.Skipf("not tried on Postgres: %v", err)
	default:
		tb.Fatalf("Postgres for tests: %v", err)
	}
}

// Database makes a database for one test and returns its URL. The new database
// is a copy of the named template, to which nobody may be connected, or empty
// when template is "". On a server that is not ours it is dropped when the test
// ends; ours goes as a whole, and each drop would wait for a checkpoint.
func (s *Server) Database(tb testing.TB, template string) string {
	tb.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	url, err := s.Create(name, template)
	if err != nil {
		tb.Fatalf("make database: %v", err)
	}
	tb.Cleanup(func() {
		if s.own != nil {
			return
		}
		if err := s.Drop(name); err != nil {
			tb.Errorf("drop database: %v", err)
		}
	})
	return url
}

// Create makes a database that the caller drops, for example a template, and
// returns its URL.
func (s *Server) Create(name, template string) (string, error) {
	statement := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize()
	if template != "" {
		statement += " TEMPLATE " + pgx.Identifier{template}.Sanitize()
	}
	url := s.admin
	url.Path = "/" + name
	return url.String(), s.execute(statement)
}

// Drop removes a database and ends the connections to it.
func (s *Server) Drop(name string) error {
	return s.execute("DROP DATABASE IF EXISTS " + pgx.Identifier{name}.Sanitize() + " WITH (FORCE)")
}

func (s *Server) execute(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), databaseTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.admin.String())
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
