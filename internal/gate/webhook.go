package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// ErrUndecided: the service gave no decision yet; ask again.
var ErrUndecided = errors.New("no decision")

// maxAnswerBytes is far beyond any answer.
const maxAnswerBytes = 64 << 10

// Webhook asks over HTTP. It may be used by several goroutines.
type Webhook struct{ client *http.Client }

// NewWebhook asks with the given client. Redirects are not followed: the address
// that was allowed is the one that decides.
func NewWebhook(client *http.Client) *Webhook {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Webhook{client: &own}
}

// Ask posts the question. Only 200 with {"approved": true or false} is a decision.
func (w *Webhook) Ask(ctx context.Context, url string, q serving.GateQuestion) (serving.GateAnswer, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return serving.GateAnswer{}, fmt.Errorf("encode the question: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return serving.GateAnswer{}, fmt.Errorf("%w: %w", serving.ErrPermanent, err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := w.client.Do(req)
	if err != nil {
		return serving.GateAnswer{}, fmt.Errorf("%w: %w", ErrUndecided, err)
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerBytes))
	if err != nil {
		return serving.GateAnswer{}, fmt.Errorf("%w: %w", ErrUndecided, err)
	}
	if res.StatusCode != http.StatusOK {
		return serving.GateAnswer{}, fmt.Errorf("%w: answered %d", ErrUndecided, res.StatusCode)
	}
	var answer struct {
		Approved *bool  `json:"approved"`
		Reason   string `json:"reason"`
	}
	if err := json.Unmarshal(content, &answer); err != nil || answer.Approved == nil {
		return serving.GateAnswer{}, fmt.Errorf("%w: the answer has no \"approved\" of true or false", ErrUndecided)
	}
	return serving.GateAnswer{Approved: *answer.Approved, Reason: answer.Reason}, nil
}
