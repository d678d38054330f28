package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/llmsim/text"
)

// maxBody is above the longest prompt of any model in words and far below what
// would hurt the process.
const maxBody = 16 << 20

// body is the part of an OpenAI request that changes what the engine does.
type body struct {
	Model               string          `json:"model"`
	Prompt              json.RawMessage `json:"prompt"`
	Messages            []chatMessage   `json:"messages"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	MinTokens           int             `json:"min_tokens"`
	IgnoreEOS           bool            `json:"ignore_eos"`
	N                   *int            `json:"n"`
	Stream              bool            `json:"stream"`
	StreamOptions       *struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

func (b body) includeUsage() bool { return b.StreamOptions != nil && b.StreamOptions.IncludeUsage }

func readBody(w http.ResponseWriter, r *http.Request) (body, *failure) {
	var b body
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return b, badRequest("cannot read the request body: %v", err)
	}
	if err := json.Unmarshal(data, &b); err != nil {
		return b, badRequest("the request body is not valid: %v", err)
	}
	if b.N != nil && *b.N != 1 {
		return b, badRequest("n must be 1: several choices are not simulated").of("n")
	}
	return b, nil
}

// promptTokens reads the four forms of a prompt: text, a list of one text, token
// IDs, a list of one list of token IDs.
func promptTokens(raw json.RawMessage) ([]sched.Token, *failure) {
	var one string
	var many []string
	var ids []int
	var lists [][]int
	switch {
	case len(raw) == 0:
		return nil, badRequest("prompt is missing").of("prompt")
	case json.Unmarshal(raw, &one) == nil:
		return text.Tokenize(one), nil
	case json.Unmarshal(raw, &many) == nil && len(many) == 1:
		return text.Tokenize(many[0]), nil
	case json.Unmarshal(raw, &ids) == nil:
		return text.FromIDs(ids), nil
	case json.Unmarshal(raw, &lists) == nil && len(lists) == 1:
		return text.FromIDs(lists[0]), nil
	}
	return nil, badRequest("prompt must be one text or one list of token ids: several prompts are not simulated").of("prompt")
}

// chatMessage is a turn whose content is text or a list of parts.
type chatMessage struct {
	Role    string  `json:"role"`
	Content content `json:"content"`
}

type content string

// UnmarshalJSON implements json.Unmarshaler.
func (c *content) UnmarshalJSON(data []byte) error {
	var one *string
	if json.Unmarshal(data, &one) == nil {
		if one != nil {
			*c = content(*one)
		}
		return nil
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if err := json.Unmarshal(data, &parts); err != nil {
		return errors.New("content must be text or a list of parts")
	}
	texts := make([]string, 0, len(parts))
	for _, p := range parts {
		if p.Type != "text" {
			return errors.New("only parts of type text are simulated")
		}
		texts = append(texts, p.Text)
	}
	*c = content(strings.Join(texts, "\n"))
	return nil
}
