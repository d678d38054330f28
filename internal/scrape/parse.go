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

// Parse reads a metrics page. The content type chooses between the text format
// (also for an unknown or empty one) and OpenMetrics. A family may come in
// several blocks; of a series that occurs twice the last counts. A page that was
// cut short or has a mistake is a *Mistake that names the line; every error is an
// ErrMalformed or the reader's own. Memory is bounded (see limits.go).
func Parse(r io.Reader, contentType string) (engine.Families, error) {
	page, err := io.ReadAll(io.LimitReader(r, MaxPageBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read metrics page after line %d: %w", lines(page), err)
	}
	if err := checkSize(page); err != nil {
		return nil, err
	}
	if isOpenMetrics(contentType) {
		if page, err = textOf(page); err != nil {
			return nil, err
		}
	}
	decoded, err := decode(expfmt.NewDecoder(bytes.NewReader(withoutRepeats(page)), expfmt.FmtText))
	if err != nil {
		return nil, mistake(err)
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
