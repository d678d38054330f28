package api

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/llmsim/text"
)

// openAIBody is the part of an OpenAI request that changes what the engine does.
type openAIBody struct {
	Model               string          `json:"model"`
	Prompt              json.RawMessage `json:"prompt"`
	Messages            []chatMessage   `json:"messages"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	MinTokens           int             `json:"min_tokens"`
	IgnoreEOS           bool            `json:"ignore_eos"`
	N                   *int            `json:"n"`
	Stop                oneOrMany       `json:"stop"`
	KeepStop            bool            `json:"include_stop_str_in_output"`
	Seed                *uint64         `json:"seed"`
	Echo                bool            `json:"echo"`
	Suffix              string          `json:"suffix"`
	Logprobs            json.RawMessage `json:"logprobs"` // a number for completions, a bool for chat
	TopLogprobs         int             `json:"top_logprobs"`
	Stream              bool            `json:"stream"`
	StreamOptions       *struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

func (b openAIBody) includeUsage() bool {
	return b.StreamOptions != nil && b.StreamOptions.IncludeUsage
}

// choices is how many answers are wanted.
func (b openAIBody) choices() int {
	if b.N == nil {
		return 1
	}
	return *b.N
}

// logprobs is how many alternatives to each token are wanted; -1: none and no
// probability of the token either.
func (b openAIBody) logprobs(chat bool) (int, *problem) {
	if len(b.Logprobs) == 0 || string(b.Logprobs) == "null" {
		return -1, nil
	}
	number, on := 0, false
	if chat {
		number = b.TopLogprobs
		if json.Unmarshal(b.Logprobs, &on) != nil {
			return 0, badRequest("logprobs must be true or false").of("logprobs")
		}
		if !on {
			return -1, nil
		}
	} else if json.Unmarshal(b.Logprobs, &number) != nil {
		return 0, badRequest("logprobs must be a whole number").of("logprobs")
	}
	if number < 0 || number > mostAlternatives {
		return 0, badRequest("Requested sample logprobs of %d, which is greater than max allowed: %d", number, mostAlternatives).of("logprobs")
	}
	return number, nil
}

// mostAlternatives is the default of vLLM's --max-logprobs.
const mostAlternatives = 20

func readOpenAIBody(data []byte) (openAIBody, *problem) {
	var b openAIBody
	if err := json.Unmarshal(data, &b); err != nil {
		return b, &problem{kind: unreadable, message: "the request body is not valid: " + err.Error()}
	}
	return b, nil
}

// unsupported names what is not simulated and would change the answer.
func (b openAIBody) unsupported() *problem {
	switch n := b.choices(); {
	case n < 1:
		return badRequest("n must be at least 1, got %d.", n).of("n")
	case n > mostChoices:
		return badRequest("n must be at most %d, got %d.", mostChoices, n).of("n")
	case b.Echo:
		return badRequest("echo is not simulated").of("echo")
	case b.Suffix != "":
		return badRequest("suffix is not currently supported").of("suffix")
	case slices.Contains(b.Stop, ""):
		return badRequest("stop cannot contain an empty string.").of("stop")
	}
	return nil
}

// mostChoices keeps one request from filling the engine by itself.
const mostChoices = 128

// completionPrompt reads the four forms of a prompt: text, a list of one text,
// token IDs, a list of one list of token IDs.
func completionPrompt(raw json.RawMessage) ([]sched.Token, *problem) {
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

func (b openAIBody) chatPrompt() ([]sched.Token, *problem) {
	if len(b.Messages) == 0 {
		return nil, badRequest("messages must not be empty").of("messages")
	}
	turns := make([]text.Message, len(b.Messages))
	for i, m := range b.Messages {
		turns[i] = text.Message{Role: m.Role, Content: string(m.Content)}
	}
	return text.Chat(turns), nil
}

// oneOrMany is a text or a list of texts.
type oneOrMany []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMany) UnmarshalJSON(data []byte) error {
	var one *string
	if json.Unmarshal(data, &one) == nil {
		if *o = nil; one != nil {
			*o = oneOrMany{*one}
		}
		return nil
	}
	var many []string
	if err := json.Unmarshal(data, &many); err != nil {
		return errors.New("must be a text or a list of texts")
	}
	*o = many
	return nil
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
