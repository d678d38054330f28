package scrape

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
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
	limited := &io.LimitedReader{R: r, N: MaxPageBytes + 1}
	in := &tail{r: bufio.NewReader(limited)}
	decoded, err := decode(expfmt.NewDecoder(in, format(contentType)))
	switch {
	case limited.N <= 0:
		return nil, fmt.Errorf("%w: larger than %d MiB", ErrMalformed, MaxPageBytes>>20)
	case in.err != nil:
		return nil, fmt.Errorf("read metrics page after line %d: %w", in.lines, in.err)
	case err != nil:
		return nil, malformed(err, in)
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

func malformed(err error, in *tail) error {
	if in.ended && in.last != '\n' && in.bytes > 0 {
		return fmt.Errorf("%w: cut short in line %d, which does not end with a newline", ErrMalformed, in.lines+1)
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}

// format maps a content type to a decoder. Pages are asked for as text; the
// protobuf format is refused, since nothing here asks for it.
func format(contentType string) expfmt.Format {
	f := expfmt.ResponseFormat(http.Header{"Content-Type": {contentType}})
	if mediaType, _, err := mime.ParseMediaType(contentType); err == nil && mediaType == expfmt.OpenMetricsType {
		return f
	}
	return expfmt.FmtText
}

// tail remembers how the input ended, so that a page which was cut short is told
// from one with a mistake in it, and a reader's failure from both.
type tail struct {
	r     io.Reader
	err   error // of the reader, other than io.EOF
	ended bool
	bytes int
	lines int
	last  byte
}

func (t *tail) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	for _, b := range p[:n] {
		if b == '\n' {
			t.lines++
		}
	}
	if n > 0 {
		t.bytes, t.last = t.bytes+n, p[n-1]
	}
	if errors.Is(err, io.EOF) {
		t.ended = true
	} else if err != nil {
		t.err = err
	}
	return n, err
}
