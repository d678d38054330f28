package loadgen

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"
)

const (
	// readBuffer holds several token events of about 300 bytes, so that a burst
	// is taken in one read.
	readBuffer = 8 << 10
	// tailEvents are kept undecoded until the stream has ended: the last token,
	// the usage and what an engine may put between and after them.
	tailEvents = 4
)

// Ways a stream can fail after the engine had accepted the request.
var (
	errEngine    = errors.New("the engine reported an error in the stream")
	errAborted   = errors.New("the engine aborted the request")
	errMalformed = errors.New("an event is not a chat completion chunk")
	errEmpty     = errors.New("the stream has no content")
)

// stream reads the server-sent events of one answer. It stamps every event
// on arrival but decodes only those up to the first token and the last few, so
// that reading costs the same whatever the engine writes into its chunks.
type stream struct {
	in       *bufio.Reader
	overflow []byte // a line longer than the read buffer
	began    time.Time

	events  int // data events other than [DONE]
	leading int // of these, before the first content
	first   time.Duration
	whole   bool // [DONE] was seen
	tail    [tailEvents]stampedEvent
}

// stampedEvent is an event as it came, at a time since the planned send.
type stampedEvent struct {
	at   time.Duration
	data []byte
}

// tally is what a stream delivered. last is the time of the last content.
type tally struct {
	prompt, output int
	last           time.Duration
}

// chunk is the part of an event that is looked at.
type chunk struct {
	Choices []struct {
		Delta struct {
			Content string `json:"content"`
		} `json:"delta"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

func newStream() *stream { return &stream{in: bufio.NewReaderSize(nil, readBuffer)} }

func (s *stream) reset(body io.Reader, began time.Time) {
	s.in.Reset(body)
	s.began = began
	s.events, s.leading, s.first, s.whole = 0, 0, 0, false
}

// read takes events until [DONE] or an error; the end of the body before [DONE]
// is io.ErrUnexpectedEOF. onFirst is called when the first content arrives.
func (s *stream) read(onFirst func()) error {
	for {
		line, err := s.line()
		if data, ok := bytes.CutPrefix(bytes.TrimRight(line, "\r\n"), []byte("data:")); ok {
			data = bytes.TrimPrefix(data, []byte(" "))
			if string(data) == "[DONE]" {
				s.whole = true
				return nil
			}
			if err := s.take(data, onFirst); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
}

// line returns the next line, valid until the next call.
func (s *stream) line() ([]byte, error) {
	line, err := s.in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return line, err
	}
	s.overflow = append(s.overflow[:0], line...)
	for err == bufio.ErrBufferFull {
		line, err = s.in.ReadSlice('\n')
		s.overflow = append(s.overflow, line...)
	}
	return s.overflow, err
}

func (s *stream) take(data []byte, onFirst func()) error {
	at := time.Since(s.began)
	slot := &s.tail[s.events%tailEvents]
	slot.at, slot.data = at, append(slot.data[:0], data...)
	s.events++
	if s.first > 0 {
		return nil
	}
	c, err := decode(data)
	if err != nil {
		return err
	}
	if !c.hasContent() {
		s.leading++
		return nil
	}
	s.first = max(at, 1)
	onFirst()
	return nil
}

// finish decodes the tail. The engine's own count of tokens is believed; when
// it sends none, every event between the first and the last content is a token.
func (s *stream) finish() (tally, error) {
	t := tally{last: s.first}
	trailing, seen := 0, false
	for back := 1; back <= min(tailEvents, s.events-s.leading); back++ {
		event := s.tail[(s.events-back)%tailEvents]
		c, err := decode(event.data)
		if err != nil {
			return t, err
		}
		if c.Usage != nil && t.output == 0 {
			t.prompt, t.output = c.Usage.PromptTokens, c.Usage.CompletionTokens
		}
		switch {
		case seen:
		case c.hasContent():
			seen, t.last = true, max(event.at, s.first)
		default:
			trailing++
		}
	}
	if t.output == 0 {
		t.output = max(0, s.events-s.leading-trailing)
	}
	if s.whole && s.first == 0 {
		return t, errEmpty
	}
	return t, nil
}

func decode(data []byte) (chunk, error) {
	var c chunk
	if err := json.Unmarshal(data, &c); err != nil {
		return c, errMalformed
	}
	if len(c.Error) > 0 && string(c.Error) != "null" {
		return c, errEngine
	}
	for _, choice := range c.Choices {
		if choice.FinishReason == "abort" {
			return c, errAborted
		}
	}
	return c, nil
}

func (c chunk) hasContent() bool { return len(c.Choices) > 0 && c.Choices[0].Delta.Content != "" }
