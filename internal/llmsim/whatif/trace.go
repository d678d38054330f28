package whatif

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/optiinfra/performance-agent/internal/llmsim"
)

// traceTime is the timestamp of the published Azure LLM traces; a fraction of a
// second may follow.
const traceTime = "2006-01-02 15:04:05"

// traced reads the requests of a CSV as they become due. Nothing is known of
// their content, so no two share a prefix.
type traced struct {
	rows    *csv.Reader
	begun   bool
	first   float64
	last    float64
	count   int
	prompts prompts
}

// newTraced skips the header line.
func newTraced(r io.Reader, seed uint64) (*traced, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord, rows.ReuseRecord = 3, true
	if _, err := rows.Read(); err != nil {
		return nil, fmt.Errorf("read the header of the trace: %w", err)
	}
	return &traced{rows: rows, prompts: prompts{groups: 1, seed: seed}}, nil
}

func (t *traced) next() (request, bool, error) {
	row, err := t.rows.Read()
	if errors.Is(err, io.EOF) {
		return request{}, false, nil
	}
	if err != nil {
		return request{}, false, fmt.Errorf("read the trace: %w", err)
	}
	at, input, output, err := parseTraceRow(row)
	if err == nil && t.begun && at < t.last {
		err = errors.New("earlier than the line before")
	}
	if err != nil {
		line, _ := t.rows.FieldPos(0)
		return request{}, false, fmt.Errorf("trace line %d: %w", line, err)
	}
	if !t.begun {
		t.begun, t.first = true, at
	}
	t.last = at
	t.prompts.input = input
	r := request{Arrival: llmsim.Arrival{AtSeconds: at - t.first, Prompt: t.prompts.of(t.count), Output: output}}
	t.count++
	return r, true, nil
}

// parseTraceRow reads a time (seconds, or a date and time), a prompt length and
// an output length. A length of 0 counts as 1: the request was still one.
func parseTraceRow(row []string) (at float64, input, output int, err error) {
	if at, err = strconv.ParseFloat(row[0], 64); err != nil {
		stamp, e := time.Parse(traceTime, row[0])
		if e != nil {
			return 0, 0, 0, fmt.Errorf("timestamp %q is neither seconds nor a date and time", row[0])
		}
		at = float64(stamp.UnixNano()) / 1e9
	}
	if input, err = strconv.Atoi(row[1]); err != nil {
		return 0, 0, 0, fmt.Errorf("prompt tokens: %w", err)
	}
	if output, err = strconv.Atoi(row[2]); err != nil {
		return 0, 0, 0, fmt.Errorf("output tokens: %w", err)
	}
	return at, max(1, input), max(1, output), nil
}
