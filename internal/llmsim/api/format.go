package api

// format is how one of the two generation routes writes answers.
type format struct {
	idPrefix  string
	object    string // of a whole answer
	chunk     string // object of a streamed part
	chat      bool
	openText  string // JSON of a choice up to the text of a chunk
	closeText string // and from the text to the finish reason
}

func completionFormat() format {
	return format{
		idPrefix: "cmpl-", object: "text_completion", chunk: "text_completion",
		openText: `{"index":0,"text":"`, closeText: `","logprobs":null,"finish_reason":`,
	}
}

func chatFormat() format {
	return format{
		idPrefix: "chatcmpl-", object: "chat.completion", chunk: "chat.completion.chunk", chat: true,
		openText: `{"index":0,"delta":{"content":"`, closeText: `"},"logprobs":null,"finish_reason":`,
	}
}

// completion is a whole answer.
type completion struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Created int64    `json:"created"`
	Model   string   `json:"model"`
	Choices []choice `json:"choices"`
	Usage   usage    `json:"usage"`
}

type choice struct {
	Index        int      `json:"index"`
	Text         *string  `json:"text,omitempty"`
	Message      *message `json:"message,omitempty"`
	LogProbs     *string  `json:"logprobs"`
	FinishReason string   `json:"finish_reason"`
	StopReason   *string  `json:"stop_reason"`
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// whole is the answer to a request without streaming. The text of a completion
// begins with the space that separates it from the prompt.
func (f format) whole(e envelope, q question) completion {
	c := choice{FinishReason: q.reason}
	written := q.answer.Text(q.output)
	if f.chat {
		c.Message = &message{Role: "assistant", Content: written}
	} else {
		written = " " + written
		c.Text = &written
	}
	return completion{ID: e.id, Object: f.object, Created: e.created, Model: e.model, Choices: []choice{c}, Usage: q.usageOf()}
}
