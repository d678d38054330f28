package store

import (
	"encoding/json"
	"fmt"
	"strings"
)

// encode is a record as the JSON document that is stored.
func encode(record any) (string, error) {
	b, err := json.Marshal(record)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return withoutNUL(string(b)), nil
}

// decode reads a stored document back.
func decode[T any](document string) (T, error) {
	var record T
	if err := json.Unmarshal([]byte(document), &record); err != nil {
		return record, fmt.Errorf("decode stored record: %w", err)
	}
	return record, nil
}

const (
	escapedNUL         = `\u0000`
	escapedReplacement = `\ufffd`
)

// withoutNUL replaces NUL characters in the strings of a document. Postgres
// refuses them, and the output of a crashed engine that ends up in a reason
// would fail the activity that records it for ever.
func withoutNUL(document string) string {
	if !strings.Contains(document, escapedNUL) {
		return document
	}
	var out strings.Builder
	for i := 0; i < len(document); {
		switch {
		case document[i] != '\\':
			out.WriteByte(document[i])
			i++
		case strings.HasPrefix(document[i:], escapedNUL):
			out.WriteString(escapedReplacement)
			i += len(escapedNUL)
		default: // another escape, of which an escaped backslash must stay whole
			out.WriteString(document[i : i+2])
			i += 2
		}
	}
	return out.String()
}
