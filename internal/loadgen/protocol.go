package loadgen

import (
	"encoding/json"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// protocol is a way to ask an engine for a streamed answer. All four stream
// server-sent events; they differ in what is sent and in what an event holds.
type protocol struct {
	path string
	// opening comes before the conversation in a request, after the model's name
	// where the protocol has one; closing after it, around the number of tokens.
	opening, closing, ending string
	named                    bool // the request names the model
	turns                    bool // the conversation is a list of messages, else one text
	read                     func(data []byte) (event, error)
	// cumulative: the text of an event is all that was written so far.
	cumulative bool
	// closes: the answer ends with its last event, with no [DONE] after it.
	closes bool
}

// protocolOf is the protocol of a name in a LoadSpec, the chat one by default.
// ignore_eos makes vLLM and SGLang write exactly the tokens asked for, without
// which two configurations would be compared on different work. TGI has no such
// option: its answers end where the model ends them, the limit at the latest.
func protocolOf(name string) protocol {
	const openAI = `,"temperature":0,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true}}`
	switch name {
	case serving.ProtocolCompletions:
		return protocol{path: "/v1/completions", named: true, opening: `,"prompt":"`, closing: `","max_tokens":`, ending: openAI, read: readOpenAI}
	case serving.ProtocolTGI:
		return protocol{path: "/generate_stream", opening: `{"inputs":"`, closing: `","parameters":{"max_new_tokens":`,
			ending: `,"do_sample":false,"details":true}}`, read: readTGI, closes: true}
	case serving.ProtocolSGLang:
		return protocol{path: "/generate", opening: `{"text":"`, closing: `","sampling_params":{"max_new_tokens":`,
			ending: `,"temperature":0,"ignore_eos":true},"stream":true}`, read: readSGLang, cumulative: true}
	}
	return protocol{path: "/v1/chat/completions", named: true, turns: true, opening: `,"messages":[`, closing: `],"max_tokens":`,
		ending: openAI, read: readOpenAI}
}

// event is what is looked at in one event of an answer.
type event struct {
	text string
	// counted: prompt and output are the engine's own count of tokens.
	counted        bool
	prompt, output int
	final          bool // nothing of the answer comes after it
}

func readOpenAI(data []byte) (event, error) {
	var c struct {
		Choices []struct {
			Text  string `json:"text"`
			Delta struct {
				Content string `json:"content"`
				// vLLM has named the thoughts of reasoning models both ways.
				Reasoning        string `json:"reasoning"`
				ReasoningContent string `json:"reasoning_content"`
			} `json:"delta"`
			FinishReason string `json:"finish_reason"`
		} `json:"choices"`
		Usage *struct {
			PromptTokens     int `json:"prompt_tokens"`
			CompletionTokens int `json:"completion_tokens"`
		} `json:"usage"`
		Error json.RawMessage `json:"error"`
	}
	if err := decode(data, &c, &c.Error); err != nil {
		return event{}, err
	}
	e := event{}
	for i, choice := range c.Choices {
		if choice.FinishReason == "abort" {
			return e, errAborted
		}
		if i == 0 {
			e.text = choice.Text + choice.Delta.Reasoning + choice.Delta.ReasoningContent + choice.Delta.Content
		}
	}
	if c.Usage != nil {
		e.counted, e.prompt, e.output = true, c.Usage.PromptTokens, c.Usage.CompletionTokens
	}
	return e, nil
}

func readTGI(data []byte) (event, error) {
	var c struct {
		Token struct {
			Text string `json:"text"`
		} `json:"token"`
		GeneratedText *string `json:"generated_text"`
		Details       *struct {
			GeneratedTokens int `json:"generated_tokens"`
			InputLength     int `json:"input_length"`
		} `json:"details"`
		Error json.RawMessage `json:"error"`
	}
	if err := decode(data, &c, &c.Error); err != nil {
		return event{}, err
	}
	e := event{text: c.Token.Text, final: c.GeneratedText != nil}
	if c.Details != nil {
		e.counted, e.prompt, e.output = true, c.Details.InputLength, c.Details.GeneratedTokens
	}
	return e, nil
}

func readSGLang(data []byte) (event, error) {
	var c struct {
		Text string `json:"text"`
		Meta struct {
			PromptTokens     int `json:"prompt_tokens"`
			CompletionTokens int `json:"completion_tokens"`
			FinishReason     *struct {
				Type string `json:"type"`
			} `json:"finish_reason"`
		} `json:"meta_info"`
		Error json.RawMessage `json:"error"`
	}
	if err := decode(data, &c, &c.Error); err != nil {
		return event{}, err
	}
	if c.Meta.FinishReason != nil && c.Meta.FinishReason.Type == "abort" {
		return event{}, errAborted
	}
	return event{text: c.Text, counted: c.Meta.CompletionTokens > 0,
		prompt: c.Meta.PromptTokens, output: c.Meta.CompletionTokens}, nil
}

// decode reads an event; one with an error of the engine in it is that error.
func decode(data []byte, into any, failure *json.RawMessage) error {
	if err := json.Unmarshal(data, into); err != nil {
		return errMalformed
	}
	if len(*failure) > 0 && string(*failure) != "null" {
		return errEngine
	}
	return nil
}
