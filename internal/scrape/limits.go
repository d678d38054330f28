package scrape

import (
	"bytes"
	"fmt"
)

// What a page may hold. The largest recorded page of one engine has 100 kB in
// 1,300 lines; a fleet of adapters can multiply that. A decoded line takes half a
// kilobyte and a label a tenth of that, so beyond these limits a page of a few
// bytes a line would take gigabytes. The decoder looks at all labels of a line
// again for each that it reads, hence a limit for the line as well: vLLM's
// cache_config_info, the longest, has some forty.
const (
	// MaxPageBytes bounds the text, uncompressed.
	MaxPageBytes = 16 << 20
	maxLines     = 300_000
	maxLabels    = 600_000
	maxOfLine    = 100
)

// checkSize refuses a page that is too large to decode.
func checkSize(page []byte) error {
	switch n := lines(page); {
	case len(page) > MaxPageBytes:
		return fmt.Errorf("%w: larger than %d MiB", ErrMalformed, MaxPageBytes>>20)
	case n > maxLines:
		return fmt.Errorf("%w: %d lines, more than %d", ErrMalformed, n, maxLines)
	case bytes.Count(page, []byte{'"'}) > 2*maxLabels: // two around each value
		return fmt.Errorf("%w: more than %d labels", ErrMalformed, maxLabels)
	case len(page) > 0 && page[len(page)-1] != '\n':
		// The last number may have lost digits, so the page cannot be used.
		return &Mistake{Line: n + 1, Cause: "cut short, the line does not end with a newline"}
	}
	return checkLines(page)
}

// checkLines refuses a line with too many labels.
func checkLines(page []byte) error {
	number := 0
	for line := range bytes.Lines(page) {
		number++
		if bytes.Count(line, []byte{'"'}) > 2*maxOfLine && line[0] != '#' {
			return &Mistake{Line: number, Cause: fmt.Sprintf("more than %d labels", maxOfLine)}
		}
	}
	return nil
}

func lines(page []byte) int { return bytes.Count(page, []byte{'\n'}) }
