package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// person speaks to the API as a careful user does: a request that the API did not
// answer, or answered with trouble of its own, is sent again under the same
// idempotency key until it is answered.
type person struct {
	base, actor string
	http        *http.Client
	sent        int // for keys
	// accepted counts the mutations that the API accepted, by action.
	accepted map[string]int
}

func newPerson(base, actor string) *person {
	return &person{base: base, actor: actor, http: &http.Client{Timeout: 15 * time.Second}, accepted: map[string]int{}}
}

// errRefused is an answer that says no.
var errRefused = errors.New("the API refuses")

// send asks until there is an answer. action is what the audit log calls it.
func (p *person) send(ctx context.Context, action, method, path string, body, out any) error {
	p.sent++
	key := fmt.Sprintf("%s-%d", p.actor, p.sent)
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode %s: %w", path, err)
		}
	}
	var last error
	err := until(ctx, patience, method+" "+path, func(ctx context.Context) bool {
		var again bool
		again, last = p.try(ctx, method, path, key, content, out)
		return !again
	})
	if err == nil && last == nil && action != "" {
		p.accepted[action]++
	}
	return errors.Join(last, err)
}

// try reports whether to send it again.
func (p *person) try(ctx context.Context, method, path, key string, content []byte, out any) (again bool, err error) {
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(content))
	if err != nil {
		return false, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Actor", p.actor)
	r.Header.Set("Idempotency-Key", key)
	answer, err := p.http.Do(r)
	if err != nil {
		return true, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return true, fmt.Errorf("read the answer of %s: %w", path, err)
	}
	if answer.StatusCode >= http.StatusInternalServerError || answer.StatusCode == http.StatusTooManyRequests || inProgress(answer.StatusCode, text) {
		return true, fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return false, fmt.Errorf("%w: %s %s: %s: %s", errRefused, method, path, answer.Status, text)
	}
	if out == nil || len(text) == 0 {
		return false, nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return false, fmt.Errorf("decode the answer of %s: %w", path, err)
	}
	return false, nil
}

// inProgress is the answer to a request whose twin is being worked on, or whose
// server died over it.
func inProgress(status int, text []byte) bool {
	return status == http.StatusConflict && bytes.Contains(text, []byte("in-progress"))
}

// audited counts the log's rows of this person by action.
func (p *person) audited(ctx context.Context) (map[string]int, error) {
	out, cursor := map[string]int{}, ""
	for {
		var page struct {
			Items []serving.AuditRecord `json:"items"`
			Next  string                `json:"next_cursor"`
		}
		if err := p.send(ctx, "", http.MethodGet, "/api/v1/audit?limit=200&actor="+p.actor+"&cursor="+cursor, nil, &page); err != nil {
			return nil, err
		}
		for _, row := range page.Items {
			out[row.Action]++
		}
		if cursor = page.Next; cursor == "" {
			return out, nil
		}
	}
}
