package scrape

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// MaxPageBytes bounds a metrics page. The largest recorded page of one engine
// has 100 kB; a fleet of adapters can multiply that, and a page beyond this is
// not a metrics page.
const MaxPageBytes = 16 << 20

// ErrMalformed says that something answered, but not with a metrics page that
// can be read as a whole.
var ErrMalformed = errors.New("not a metrics page")

// Parse reads a metrics page. The content type chooses between the text format
// (also for an unknown or empty one) and OpenMetrics. A page that was cut short
// is an error that names the line; of a series that occurs twice the last
// counts. Every error wraps ErrMalformed or the reader's own error.
func Parse(r io.Reader, contentType string) (engine.Families, error) {
	page, err := io.ReadAll(io.LimitReader(r, MaxPageBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read metrics page after line %d: %w", lines(page), err)
	case len(page) > MaxPageBytes:
		return nil, fmt.Errorf("%w: larger than %d MiB", ErrMalformed, MaxPageBytes>>20)
	case len(page) > 0 && page[len(page)-1] != '\n':
		// The last number may have lost digits, so the page cannot be used.
		return nil, fmt.Errorf("%w: cut short in line %d, which does not end with a newline", ErrMalformed, lines(page)+1)
	}
	if isOpenMetrics(contentType) {
		if page, err = textOf(page); err != nil {
			return nil, err
		}
	}
	decoded, err := decode(expfmt.NewDecoder(bytes.NewReader(page), expfmt.FmtText))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	out := make(engine.Families, 0, len(decoded))
	for _, family := range decoded {
		out = append(out, convert(family))
	}
	slices.SortFunc(out, func(a, b engine.Family) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// decode reads to the end. The decoder hands out families, some half-filled,
// before it reports the mistake it found, so nothing is used before the end.
func decode(decoder expfmt.Decoder) ([]*dto.MetricFamily, error) {
	var out []*dto.MetricFamily
	for {
		family := &dto.MetricFamily{}
		err := decoder.Decode(family)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, family)
	}
}

func lines(page []byte) int { return bytes.Count(page, []byte{'\n'}) }
