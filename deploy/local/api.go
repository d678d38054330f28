package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// apiClient speaks to the server as any user would: over REST.
type apiClient struct{ base, key string }

// call sends a request and decodes the answer into out (nil drops it). A problem
// answer becomes an error with its text.
func (c apiClient) call(ctx context.Context, method, path string, body, out any) error {
	var reader io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encode body of %s: %w", path, err)
		}
		reader = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, reader)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	c.sign(req)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("decode answer of %s: %w", path, err)
	}
	return nil
}

// sign says who we are, once there is a key.
func (c apiClient) sign(req *http.Request) {
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
}

// list is one page of an API list.
type list[T any] struct {
	Items []T `json:"items"`
}

// events follows a run's live events from the one after last until the stream
// ends or breaks, and returns the last one seen.
func (c apiClient) events(ctx context.Context, run string, last int64, each func(serving.EventRecord)) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/api/v1/runs/"+run+"/events", nil)
	if err != nil {
		return last, err
	}
	if last > 0 {
		req.Header.Set("Last-Event-ID", fmt.Sprint(last))
	}
	c.sign(req)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return last, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return last, fmt.Errorf("events of run %s: %s", run, resp.Status)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e serving.EventRecord
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return last, fmt.Errorf("decode event: %w", err)
		}
		last = max(last, e.Seq)
		each(e)
	}
	return last, lines.Err()
}
