package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/signed"
)

// Kinds of targets.
const (
	Webhook = "webhook"
	Slack   = "slack"
)

// Target is where notices go.
type Target struct {
	Name  string
	Fleet string // whose notices; "" for all fleets
	Kind  string
	URL   string // a secret
}

// Headers of a webhook. The signature is "v1=" and the hex HMAC-SHA256, under the
// signing key, of the timestamp, a dot and the body; the timestamp is in seconds
// since 1970, so that a receiver can refuse what is replayed.
const (
	HeaderKey       = "X-Performance-Agent-Key"
	HeaderTimestamp = "X-Performance-Agent-Timestamp"
	HeaderSignature = "X-Performance-Agent-Signature"
)

// Notifier sends notices. It is safe for concurrent use.
type Notifier struct {
	client     *http.Client
	targets    []Target
	signingKey string
	now        func() time.Time
}

// New returns a notifier; without a signing key webhooks are not signed.
func New(client *http.Client, targets []Target, signingKey string, now func() time.Time) *Notifier {
	return &Notifier{client: client, targets: slices.Clone(targets), signingKey: signingKey, now: now}
}

// Targets are the names of those who are told about a fleet.
func (n *Notifier) Targets(fleet string) []string {
	var out []string
	for _, t := range n.targets {
		if t.Fleet == "" || t.Fleet == fleet {
			out = append(out, t.Name)
		}
	}
	return out
}

// Send tells one target. A refusal that repeating would not change is permanent.
func (n *Notifier) Send(ctx context.Context, target string, notice serving.Notice) error {
	i := slices.IndexFunc(n.targets, func(t Target) bool { return t.Name == target })
	if i < 0 {
		return fmt.Errorf("notify %s: no such target: %w", target, serving.ErrPermanent)
	}
	request, err := n.request(ctx, n.targets[i], notice)
	if err != nil {
		return fmt.Errorf("notify %s: %w", target, err)
	}
	response, err := n.client.Do(request)
	if err != nil {
		return fmt.Errorf("notify %s: %w", target, withoutURL(err))
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection is used again
	return refusal(target, response.StatusCode)
}

func (n *Notifier) request(ctx context.Context, t Target, notice serving.Notice) (*http.Request, error) {
	var payload any = notice
	if t.Kind == Slack {
		payload = slackMessage(notice)
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("encode: %w: %w", serving.ErrPermanent, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("its address is not one: %w", serving.ErrPermanent)
	}
	request.Header.Set("Content-Type", "application/json")
	if t.Kind == Webhook {
		timestamp := strconv.FormatInt(n.now().Unix(), 10)
		request.Header.Set(HeaderKey, notice.Key)
		request.Header.Set(HeaderTimestamp, timestamp)
		if n.signingKey != "" {
			request.Header.Set(HeaderSignature, Sign(n.signingKey, timestamp, body))
		}
	}
	return request, nil
}

// Sign is the signature of a body, for receivers to compare with.
func Sign(key, timestamp string, body []byte) string {
	return signed.Message([]byte(key), timestamp+".", body)
}

// refusal says what an answer means: a timeout, a limit and the receiver's own
// trouble pass; what else is not a success does not.
func refusal(target string, status int) error {
	switch {
	case status < 300:
		return nil
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return fmt.Errorf("notify %s: it answered %d", target, status)
	}
	return fmt.Errorf("notify %s: it answered %d: %w", target, status, serving.ErrPermanent)
}

// withoutURL is what went wrong with a request, without where it went.
func withoutURL(err error) error {
	var sent *url.Error
	if errors.As(err, &sent) {
		return sent.Err
	}
	return err
}
