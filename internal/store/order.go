package store

import (
	"fmt"
	"strings"
)

// worded is a row whose list may be in the order of a text column: the columns, and
// their values in this row.
type worded interface{ texts() map[string]string }

// numbered is a row whose ID is a number.
type numbered interface{ numbered() }

// order is that of one list.
type order struct {
	sort       string // as it was asked for
	column, id string
	text       string // name of the text column, "" in the order of time
	descending bool
}

// orderOf reads what a caller wants. Text is ordered byte by byte: a database's own
// idea of the alphabet would give other pages than another's.
func orderOf[R interface{ keyset() (at, id string) }](row R, sort, dialect string) (order, error) {
	at, id := row.keyset()
	if sort == "" {
		return order{column: at, id: id, descending: true}, nil
	}
	name, descending := strings.CutPrefix(sort, "-")
	o := order{sort: sort, column: name, id: id, descending: descending}
	if name == at {
		return o, nil
	}
	if w, is := any(row).(worded); is {
		if _, known := w.texts()[name]; known {
			o.text = name
			if dialect == string(postgresKind) {
				o.column += ` COLLATE "C"`
				if _, is := any(row).(numbered); !is {
					o.id += ` COLLATE "C"`
				}
			}
			return o, nil
		}
	}
	return o, fmt.Errorf("%w: no order by %q", ErrInvalid, name)
}

// bind makes the cursors of one order useless in another.
func (o order) bind(binding string) string {
	if o.sort == "" {
		return binding
	}
	return binding + "/" + o.sort
}

func (o order) direction() string {
	if o.descending {
		return " DESC"
	}
	return ""
}

// beyond is the condition on rows after a place.
func (o order) beyond() string {
	comparison := ">"
	if o.descending {
		comparison = "<"
	}
	return fmt.Sprintf("(%s, %s) %s (?, ?)", o.column, o.id, comparison)
}

// place is the part of a position that the order's column is compared with.
func (o order) place(p position) any {
	if o.text != "" {
		return p.Text
	}
	return p.At
}

// position is a row's place in this order.
func (o order) position(row interface{ position() position }) position {
	p := row.position()
	if w, is := row.(worded); is && o.text != "" {
		p.Text = w.texts()[o.text]
	}
	return p
}
