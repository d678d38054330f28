package loadgen

import (
	"bufio"
	"bytes"
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
	errMalformed = errors.New("an event is not one of the protocol")
	errEmpty     = errors.New("the stream has no content")
)

// stream reads the server-sent events of one answer. It stamps every event
// on arrival but decodes only those up to the first token and the last few, so
// that reading costs the same whatever the engine writes into its chunks.
type stream struct {
	in       *bufio.Reader
	overflow []byte // a line longer than the read buffer
	began    time.Time
	protocol protocol
	keep     bool   // the text of the answer is wanted
	answer   []byte // of it, as far as it came

	gaps    gapCounts // between events, from the first content on
	lastAt  time.Duration
	events  int // data events other than [DONE]
	leading int // of these, before the first content
	first   time.Duration
	whole   bool // the protocol's end of an answer was seen
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

func newStream() *stream { return &stream{in: bufio.NewReaderSize(nil, readBuffer)} }

func (s *stream) reset(body io.Reader, began time.Time, p protocol, keep bool) {
	s.in.Reset(body)
	s.began, s.protocol, s.keep, s.answer = began, p, keep, s.answer[:0]
	s.gaps.clear()
	s.lastAt = 0
	s.events, s.leading, s.first, s.whole = 0, 0, 0, false
}

// read takes events until the answer's end or an error; the end of the body
// before it is io.ErrUnexpectedEOF. onFirst is called when the first content
// arrives.
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
			return s.closed()
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

// closed is the end of the body. It is the end of the answer where the protocol
// has no other and the last event said so.
func (s *stream) closed() error {
	if !s.protocol.closes || s.events == 0 {
		return io.ErrUnexpectedEOF
	}
	last, err := s.protocol.read(s.tail[(s.events-1)%tailEvents].data)
	if err != nil {
		return err
	}
	if !last.final {
		return io.ErrUnexpectedEOF
	}
	s.whole = true
	return nil
}

func (s *stream) take(data []byte, onFirst func()) error {
	at := time.Since(s.began)
	slot := &s.tail[s.events%tailEvents]
	slot.at, slot.data = at, append(slot.data[:0], data...)
	s.events++
	if s.first > 0 {
		s.gaps.add(at - s.lastAt)
		s.lastAt = at
		if !s.keep {
			return nil
		}
	}
	e, err := s.protocol.read(data)
	if err != nil {
		return err
	}
	s.note(e)
	if s.first > 0 {
		return nil
	}
	if e.text == "" {
		s.leading++
		return nil
	}
	s.first, s.lastAt = max(at, 1), at
	onFirst()
	return nil
}

// note keeps the text of an answer that the next turn needs.
func (s *stream) note(e event) {
	switch {
	case !s.keep:
	case s.protocol.cumulative:
		s.answer = append(s.answer[:0], e.text...)
	default:
		s.answer = append(s.answer, e.text...)
	}
}

// finish decodes the tail. The engine's own count of tokens is believed; when
// it sends none, every event between the first and the last content is a token.
func (s *stream) finish() (tally, error) {
	t := tally{last: s.first}
	trailing, seen := 0, false
	for back := 1; back <= min(tailEvents, s.events-s.leading); back++ {
		at := s.tail[(s.events-back)%tailEvents].at
		e, err := s.protocol.read(s.tail[(s.events-back)%tailEvents].data)
		if err != nil {
			return t, err
		}
		if e.counted && t.output == 0 {
			t.prompt, t.output = e.prompt, e.output
		}
		switch {
		case seen:
		case e.text != "":
			seen, t.last = true, max(at, s.first)
		default:
			trailing++
			s.forgetGap(back, at)
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

// forgetGap takes back the gap before an event that turned out to hold no
// content, where the event before it is still known.
func (s *stream) forgetGap(back int, at time.Duration) {
	if s.first > 0 && back < min(tailEvents, s.events-s.leading) {
		s.gaps.drop(at - max(s.tail[(s.events-back-1)%tailEvents].at, 0))
	}
}
