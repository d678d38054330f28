package ask

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// defaultTimeout bounds one answer of a few dozen tokens from an engine that
	// nothing else loads.
	defaultTimeout = 60 * time.Second
	// defaultParallel keeps a small batch running: a check takes seconds, and both
	// sides of a comparison are asked under the same conditions.
	defaultParallel = 16
	// longestReply is far above an answer with log probabilities of 512 tokens.
	longestReply = 4 << 20
)

// ErrRefused means that the engine understood a request and will not answer it.
var ErrRefused = fmt.Errorf("the engine refuses the request: %w", serving.ErrPermanent)

// Asker puts prompts to engines. It is safe for concurrent use.
type Asker struct {
	client   *http.Client
	timeout  time.Duration
	parallel int
}

// Options sets up an Asker; the zero value is usable.
type Options struct {
	Timeout  time.Duration // of one answer; 0 means 60 s
	Parallel int           // answers at a time; 0 means 16
	// Control judges each address that is dialled, as net.Dialer's ControlContext;
	// nil allows all.
	Control func(ctx context.Context, network, address string, c syscall.RawConn) error
}

// New returns an Asker with a client of its own, which follows neither proxies
// nor redirects.
func New(o Options) *Asker {
	a := &Asker{timeout: o.Timeout, parallel: o.Parallel}
	if a.timeout <= 0 {
		a.timeout = defaultTimeout
	}
	if a.parallel <= 0 {
		a.parallel = defaultParallel
	}
	dialer := &net.Dialer{Timeout: a.timeout, ControlContext: o.Control}
	a.client = &http.Client{
		Transport:     &http.Transport{Proxy: nil, DialContext: dialer.DialContext, MaxIdleConnsPerHost: a.parallel, IdleConnTimeout: 3 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return a
}

// object is a JSON object of a request.
type object map[string]any

// chat is a greedy request for an answer.
func chat(model, prompt string, maxTokens int) object {
	return object{"model": model, "messages": []object{{"role": "user", "content": prompt}}, "max_tokens": maxTokens, "temperature": 0}
}

// post sends a request; the caller closes the body.
func (a *Asker) post(ctx context.Context, url string, body object) (*http.Response, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, serving.ErrPermanent)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", url, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 512))
	why := fmt.Errorf("status %d: %s", resp.StatusCode, bytes.TrimSpace(said))
	if resp.StatusCode >= 400 && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
		return nil, errors.Join(ErrRefused, why)
	}
	return nil, fmt.Errorf("ask %s: %w", url, why)
}

func base(target string) string {
	return strings.TrimSuffix(strings.TrimRight(target, "/"), "/v1")
}

func chatURL(target string) string { return base(target) + "/v1/chat/completions" }

// reply is the part of a whole answer that is looked at.
type reply struct {
	Choices []struct {
		FinishReason string `json:"finish_reason"`
		Message      struct {
			Content string `json:"content"`
		} `json:"message"`
		Logprobs *struct {
			Content []struct {
				Token   string  `json:"token"`
				Logprob float64 `json:"logprob"`
			} `json:"content"`
		} `json:"logprobs"`
	} `json:"choices"`
}

// whole sends a request and reads the answer in one piece.
func (a *Asker) whole(ctx context.Context, url string, body object) (serving.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	resp, err := a.post(ctx, url, body)
	if err != nil {
		return serving.Answer{}, err
	}
	defer resp.Body.Close()
	var r reply
	if err := json.NewDecoder(io.LimitReader(resp.Body, longestReply)).Decode(&r); err != nil {
		return serving.Answer{}, fmt.Errorf("read answer of %s: %w", url, err)
	}
	if len(r.Choices) == 0 {
		return serving.Answer{}, fmt.Errorf("%s answers without a choice: %w", url, serving.ErrPermanent)
	}
	return r.answer(), nil
}

func (r reply) answer() serving.Answer {
	c := r.Choices[0]
	out := serving.Answer{Text: c.Message.Content, Finish: c.FinishReason}
	if c.Logprobs == nil || len(c.Logprobs.Content) == 0 {
		out.Tokens = strings.Fields(c.Message.Content)
		return out
	}
	for _, t := range c.Logprobs.Content {
		out.Tokens, out.LogProbs = append(out.Tokens, t.Token), append(out.LogProbs, t.Logprob)
	}
	return out
}
