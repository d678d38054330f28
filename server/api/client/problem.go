package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// mostProblem bounds the text of an answer that is no problem document, as a proxy's
// may be.
const mostProblem = 4 << 10

// Error is what went wrong, with its status and the fields that are wrong.
func (p *Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s: %s", p.Status, p.Title, p.Detail)
	for _, f := range p.Errors {
		line := f.Field + ": " + f.Message
		if strings.Contains(p.Detail, line) {
			continue
		}
		b.WriteString("; " + line)
		if f.Fix != "" {
			b.WriteString(" (" + f.Fix + ")")
		}
	}
	if p.RequestID != "" {
		b.WriteString(" [request " + p.RequestID + "]")
	}
	return b.String()
}

// Field is the rule that does not hold for a field (for example body.replicas), or "".
func (p *Problem) Field(name string) string {
	for _, f := range p.Errors {
		if f.Field == name {
			return f.Message
		}
	}
	return ""
}

// Status is that of the Problem behind err, or 0 where there is none.
func Status(err error) int {
	var p *Problem
	if errors.As(err, &p) {
		return int(p.Status)
	}
	return 0
}

// problemOf reads the answer; one that is no problem document becomes one.
func problemOf(answer *http.Response) error {
	p := &Problem{}
	content, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("%s: read the problem: %w", answer.Status, err)
	}
	if json.Unmarshal(content, p) == nil && p.Status != 0 {
		return p
	}
	return &Problem{Type: "about:blank", Title: http.StatusText(answer.StatusCode), Status: int64(answer.StatusCode),
		Detail: strings.ToValidUTF8(string(content[:min(len(content), mostProblem)]), "")}
}
