package advisor

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"github.com/optiinfra/performance-agent/internal/advice"
)

// Where and whom to ask unless told otherwise.
const (
	GroqURL      = "https://api.groq.com/openai/v1"
	DefaultModel = "openai/gpt-oss-20b"
)

// Options say whom to ask.
type Options struct {
	URL   string // of the API up to its version; "" is GroqURL
	Key   string // "" sends none, as servers of one's own may want
	Model string // "" is DefaultModel
	// HTTP carries the calls; its timeout, if any, is one beside the context's.
	HTTP *http.Client
}

// Client asks one model. It may be used by several goroutines.
type Client struct {
	api   *openai.Client
	model string
}

// New makes a client; it calls nobody.
func New(o Options) *Client {
	config := openai.DefaultConfig(o.Key)
	config.BaseURL = strings.TrimRight(o.URL, "/")
	if config.BaseURL == "" {
		config.BaseURL = GroqURL
	}
	if o.Model == "" {
		o.Model = DefaultModel
	}
	web := *o.HTTP
	web.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	web.Transport = bounded{web.Transport}
	config.HTTPClient = &web
	return &Client{api: openai.NewClientWithConfig(config), model: o.Model}
}

// Model is whom it asks.
func (c *Client) Model() string { return c.model }

// Complete asks once. Every error is an *advice.Failure.
func (c *Client) Complete(ctx context.Context, p advice.Prompt) (advice.Completion, error) {
	answer, err := c.api.CreateChatCompletion(ctx, c.request(p))
	got := advice.Completion{Model: answer.Model, PromptTokens: answer.Usage.PromptTokens, CompletionTokens: answer.Usage.CompletionTokens}
	if err != nil {
		return got, failureOf(err, answer.Header(), got)
	}
	if len(answer.Choices) == 0 {
		return got, malformed("no choice in the answer", got)
	}
	choice := answer.Choices[0]
	got.Text = choice.Message.Content
	switch {
	case choice.Message.Refusal != "" || choice.FinishReason == openai.FinishReasonContentFilter:
		return got, refused(choice.Message.Refusal, got)
	case choice.FinishReason == openai.FinishReasonLength:
		return got, malformed("the answer was cut at its greatest length", got)
	case strings.TrimSpace(got.Text) == "":
		return got, malformed("the answer is empty", got)
	}
	return got, nil
}

// sampling is nearly greedy; go-openai leaves a zero out, and servers then take 1.
const sampling = 0.1

func (c *Client) request(p advice.Prompt) openai.ChatCompletionRequest {
	seed := 1 // servers that can then answer the same question the same way
	r := openai.ChatCompletionRequest{Model: c.model, Temperature: sampling, Seed: &seed, MaxCompletionTokens: p.MaxAnswerTokens,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: p.System},
			{Role: openai.ChatMessageRoleUser, Content: p.User}},
		ResponseFormat: &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: advice.SchemaName, Strict: true, Schema: json.RawMessage(p.Schema)}}}
	// Models that do not reason refuse the field.
	if strings.Contains(c.model, "gpt-oss") {
		r.ReasoningEffort = "low"
	}
	return r
}

// bounded cuts answers that are far beyond any real one.
type bounded struct{ next http.RoundTripper }

const maxAnswerBytes = 1 << 20

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	next := b.next
	if next == nil {
		next = http.DefaultTransport
	}
	res, err := next.RoundTrip(r)
	if err == nil {
		res.Body = limited{io.LimitReader(res.Body, maxAnswerBytes), res.Body}
	}
	return res, err
}

type limited struct {
	io.Reader
	io.Closer
}
