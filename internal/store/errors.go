package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// meaning is a sentinel error that may be a special case of another one, which
// its text does not repeat.
type meaning struct {
	text string
	of   error
}

func (m *meaning) Error() string { return m.text }
func (m *meaning) Unwrap() error { return m.of }

// What an error means to a caller; test with errors.Is. All but ErrUnavailable
// are permanent (serving.ErrPermanent): repeating the same call cannot succeed.
var (
	ErrNotFound error = &meaning{"not found", serving.ErrPermanent}
	// ErrConflict is any clash with what is stored: ErrExists or ErrStale.
	ErrConflict error = &meaning{"conflict", serving.ErrPermanent}
	ErrExists   error = &meaning{"exists already", ErrConflict}
	// ErrStale says that the record changed since the caller read it.
	ErrStale     error = &meaning{"changed since it was read", ErrConflict}
	ErrBadCursor error = &meaning{"cursor is not one that this list gave out", serving.ErrPermanent}
	// ErrInvalid says that the record cannot be stored: a key is missing, or it
	// holds a number that JSON cannot express.
	ErrInvalid error = &meaning{"invalid record", serving.ErrPermanent}
	// ErrNewer says that a newer version of this program has migrated the database.
	ErrNewer error = &meaning{"the database is newer than this program", serving.ErrPermanent}
	// ErrUnavailable says that the database could not be reached, was too busy or
	// had no room; the same call may succeed later.
	ErrUnavailable = errors.New("database unavailable")
)

// fail gives err the context of what was being done and, where it is the
// database's own, the meaning that callers test for.
func fail(err error, doing string, args ...any) error {
	if err == nil {
		return nil
	}
	doing = fmt.Sprintf(doing, args...)
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return fmt.Errorf("%s: %w", doing, ErrNotFound)
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return fmt.Errorf("%s: %w", doing, ErrExists)
	case unavailable(err):
		return fmt.Errorf("%s: %w: %w", doing, ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// unavailable reports trouble with the connection or the server rather than
// with the statement. A context that ended is the caller's doing and is neither,
// but a server that could not be connected to in time is away.
func unavailable(err error) bool {
	var refused *pgconn.ConnectError
	switch {
	case errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &refused): // whatever the server said: it may be told otherwise tomorrow
		return true
	case errors.Is(err, context.DeadlineExceeded):
		return false
	}
	for _, broken := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, broken) {
			return true
		}
	}
	var (
		answered *pgconn.PgError
		network  net.Error
		lite     interface{ Code() int }
	)
	switch {
	case errors.As(err, &answered):
		return postgresUnavailable(answered.Code)
	case errors.As(err, &lite):
		return sqliteUnavailable(lite.Code())
	}
	return errors.As(err, &network)
}

// postgresUnavailable reads an SQLSTATE by its class: 08 connection, 40
// deadlock or serialization, 53 out of resources (a full disk is 53100), 57
// shutdown or statement timeout, 58 trouble of the system. Of two other classes it
// is one state each: a standby, to which a failover has led, and a lock not had.
func postgresUnavailable(state string) bool {
	if len(state) < 2 {
		return false
	}
	switch state[:2] {
	case "08", "40", "53", "57", "58":
		return true
	}
	return state == "25006" || state == "55P03"
}

// sqliteUnavailable reads a result code by its primary part, the low byte:
// BUSY, LOCKED, NOMEM, READONLY (a disk that was remounted after an error), IOERR,
// FULL, CANTOPEN and PROTOCOL (a lock that could not be had).
func sqliteUnavailable(code int) bool {
	switch code & 0xff {
	case 5, 6, 7, 8, 10, 13, 14, 15:
		return true
	}
	return false
}
