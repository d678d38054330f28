package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// request is one call before it is sent. text goes as it is, under the media type
// form; body goes as JSON, unless it is nil.
type request struct {
	method, path string
	query        url.Values
	body         any
	text, form   string
}

// orNone is an optional body: nil is none.
func orNone[T any](in *T) any {
	if in == nil {
		return nil
	}
	return in
}

func (r request) content() (io.Reader, string, error) {
	switch {
	case r.form != "":
		return strings.NewReader(r.text), r.form, nil
	case r.body == nil:
		return nil, "", nil
	}
	b, err := json.Marshal(r.body)
	if err != nil {
		return nil, "", fmt.Errorf("encode the body of %s %s: %w", r.method, r.path, err)
	}
	return bytes.NewReader(b), "application/json", nil
}

// send is the answer of a success; its body must be closed. Any other answer is a
// *Problem.
func (c *Client) send(ctx context.Context, r request, opts []CallOption) (*http.Response, error) {
	content, form, err := r.content()
	if err != nil {
		return nil, err
	}
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, content)
	if err != nil {
		return nil, err
	}
	if form != "" {
		req.Header.Set("Content-Type", form)
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	var called call
	for _, o := range opts {
		o(&called, req.Header)
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if called.headers != nil {
		*called.headers = answer.Header
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		defer answer.Body.Close()
		return nil, problemOf(answer)
	}
	return answer, nil
}

// fetch is the record that an operation answers.
func fetch[T any](ctx context.Context, c *Client, r request, opts []CallOption) (*T, error) {
	answer, err := c.send(ctx, r, opts)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	out := new(T)
	if err := json.NewDecoder(answer.Body).Decode(out); err != nil {
		return nil, fmt.Errorf("decode the answer of %s %s: %w", r.method, r.path, err)
	}
	return out, nil
}

// fetchText is what an operation answers that is no record.
func fetchText(ctx context.Context, c *Client, r request, opts []CallOption) (string, error) {
	answer, err := c.send(ctx, r, opts)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", fmt.Errorf("read the answer of %s %s: %w", r.method, r.path, err)
	}
	return string(text), nil
}

// act is an operation that answers nothing.
func act(ctx context.Context, c *Client, r request, opts []CallOption) error {
	answer, err := c.send(ctx, r, opts)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}
