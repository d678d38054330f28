package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/signed"
)

// webhookAnswerBytes is far above the replicas of any fleet.
const webhookAnswerBytes = 4 << 20

func (w *Webhook) call(ctx context.Context, fleet serving.Fleet, method, path string, in, out any) error {
	req, err := w.request(ctx, fleet, method, path, in)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	res, err := w.opts.Client.Do(req)
	if err != nil {
		return fmt.Errorf("call the receiver: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(res.Body, webhookAnswerBytes))
	if err != nil {
		return fmt.Errorf("read the answer of %s %s: %w", method, req.URL.Path, err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return refusal(method+" "+req.URL.Path, res.StatusCode, content)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(content, out); err != nil {
		return fmt.Errorf("%w: the answer of %s %s is not a receiver's: %w", ErrInvalid, method, req.URL.Path, err)
	}
	return nil
}

func (w *Webhook) request(ctx context.Context, fleet serving.Fleet, method, path string, in any) (*http.Request, error) {
	u, err := url.Parse(fleet.Provisioner.Address)
	if err != nil || u.Host == "" {
		return nil, errors.New("the provisioner's address is not the base URL of a receiver")
	}
	if fleet.Provisioner.Secret == "" {
		return nil, errors.New("a webhook needs a secret: set provisioner.secret to env:NAME or file:/PATH")
	}
	secret, err := w.opts.Secret(fleet.Provisioner.Secret)
	if err != nil {
		return nil, err
	}
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, u.JoinPath(path).String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	signed.Sign(req, body, secret, time.Now())
	return req, nil
}

// refusal is an answer that is no success, as one of the sentinels.
func refusal(call string, status int, content []byte) error {
	var problem struct {
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal(content, &problem); err != nil || problem.Detail == "" {
		problem.Detail = http.StatusText(status)
	}
	switch {
	case status == http.StatusInsufficientStorage:
		return fmt.Errorf("%w: %s", ErrNoCapacity, problem.Detail)
	case status >= 500 || status == http.StatusTooManyRequests:
		return fmt.Errorf("%s answered %d: %s", call, status, problem.Detail)
	}
	return fmt.Errorf("%w: %s answered %d: %s", ErrInvalid, call, status, problem.Detail)
}
