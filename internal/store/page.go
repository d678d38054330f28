package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Page asks for a part of a list. Cursor is the next cursor of an earlier page
// of the same list with the same filter, or "" for the first page.
type Page struct {
	Limit  int // 0 means 50; at most 500 are given
	Cursor string
	// Sort is a column; with - before it the order is reversed. "" is the newest
	// first. A row whose column changes while pages are read moves: see Violations.
	Sort string
}

// A page of 50 fills a screen; 500 snapshots with their histograms are a few
// megabytes, which is all that one answer should hold.
const (
	defaultLimit = 50
	maxLimit     = 500
)

func (p Page) limit() int {
	if p.Limit <= 0 {
		return defaultLimit
	}
	return min(p.Limit, maxLimit)
}

// position is a row's place in its list. Lists run from the newest to the
// oldest row; the ID, of either type, orders rows of the same instant.
type position struct {
	At     time.Time
	ID     string
	Number int64
	Text   string // in the order of a text column: its value
}

// id is the part of the position that the list's ID column is compared with.
func (p position) id() any {
	if p.ID != "" {
		return p.ID
	}
	return p.Number
}

// listed is a row that becomes a record of a list.
type listed[T any] interface {
	TableName() string
	// keyset names the columns of the position: time and ID.
	keyset() (at, id string)
	position() position
	record() (T, error)
}

// list reads one page. narrow applies the filter to the query; filter itself is
// what the cursor is bound to.
func list[R listed[T], T any](ctx context.Context, s *Store, filter any, p Page, narrow func(*gorm.DB) *gorm.DB) ([]T, string, error) {
	var row R
	o, err := orderOf(row, p.Sort, s.db.Name())
	if err != nil {
		return nil, "", fail(err, "list %s", row.TableName())
	}
	bound := o.bind(binding(row.TableName(), filter))
	query := narrow(s.db.WithContext(ctx)).Order(o.column + o.direction()).Order(o.id + o.direction()).Limit(p.limit() + 1)
	if p.Cursor != "" {
		after, err := parseCursor(p.Cursor, bound)
		if err != nil {
			return nil, "", err
		}
		query = query.Where(o.beyond(), o.place(after), after.id())
	}
	var rows []R
	if err := query.Find(&rows).Error; err != nil {
		return nil, "", fail(err, "list %s", row.TableName())
	}
	next := ""
	if len(rows) > p.limit() {
		rows = rows[:p.limit()]
		next = formatCursor(o.position(rows[len(rows)-1]), bound)
	}
	records, err := recordsOf[R, T](rows)
	return records, next, err
}

// within keeps to the given values of a column; nil is no bound, and an empty
// list, which is one, leaves nothing.
func within(q *gorm.DB, column string, values []string) *gorm.DB {
	if values == nil {
		return q
	}
	return q.Where(column+" IN ?", values)
}

// recordsOf turns rows into records; none is an empty list, not nil, so that
// JSON says [].
func recordsOf[R interface{ record() (T, error) }, T any](rows []R) ([]T, error) {
	out := make([]T, 0, len(rows))
	for _, row := range rows {
		r, err := row.record()
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// cursor is what a caller gets as opaque text. It is no secret and grants
// nothing: it names a place, and the binding only catches mix-ups.
type cursor struct {
	Binding string `json:"b"`
	Micros  int64  `json:"t"`
	ID      string `json:"s,omitempty"`
	Text    string `json:"v,omitempty"`
	Number  int64  `json:"n,omitempty"`
}

// binding identifies a list and its filter.
func binding(table string, filter any) string {
	text, err := json.Marshal(filter)
	if err != nil { // filters are plain structs of this package
		panic(fmt.Sprintf("filter of %s: %v", table, err))
	}
	sum := sha256.Sum256(append([]byte(table+"\n"), text...))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

func formatCursor(p position, binding string) string {
	text, err := json.Marshal(cursor{Binding: binding, Micros: p.At.UnixMicro(), ID: p.ID, Number: p.Number, Text: p.Text})
	if err != nil { // strings and integers
		panic(fmt.Sprintf("cursor: %v", err))
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func parseCursor(text, binding string) (position, error) {
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return position{}, ErrBadCursor
	}
	if err := json.Unmarshal(b, &c); err != nil || c.Binding != binding || strings.ContainsRune(c.ID+c.Text, 0) {
		return position{}, ErrBadCursor
	}
	return position{At: time.UnixMicro(c.Micros).UTC(), ID: c.ID, Number: c.Number, Text: c.Text}, nil
}
