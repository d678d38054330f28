package scrape

import (
	"errors"
	"fmt"

	"github.com/prometheus/common/expfmt"
)

// ErrMalformed says that something answered, but not with a metrics page that
// can be read as a whole.
var ErrMalformed = errors.New("not a metrics page")

// Mistake is what is wrong with a page and where. It is an ErrMalformed.
type Mistake struct {
	Line  int // from 1
	Cause string
}

// Error says where and what.
func (m *Mistake) Error() string {
	return fmt.Sprintf("%v: line %d: %s", ErrMalformed, m.Line, m.Cause)
}

// Unwrap is ErrMalformed.
func (m *Mistake) Unwrap() error { return ErrMalformed }

// AtLine is the line, for a caller that knows this error by what it does.
func (m *Mistake) AtLine() int { return m.Line }

// mistake takes the line out of the decoder's error.
func mistake(err error) error {
	var at expfmt.ParseError
	if errors.As(err, &at) {
		return &Mistake{Line: at.Line, Cause: at.Msg}
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}
