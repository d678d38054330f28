package api

import "encoding/json"

// frame writes the events of one stream. What all tokens of a stream have in
// common is encoded once, so that a token costs three copies and no encoding:
// at thousands of tokens a second that is what bounds an engine's CPU.
type frame struct {
	question question
	role     []byte // event before the first token; chat only
	before   []byte // event up to the word
	after    []byte // rest of the event of a token that is not the last
	afterEnd []byte // and of the last one
	trailer  []byte // after the last token
	chat     bool
}

const (
	eventStart = "data: "
	eventEnd   = "\n\n"
	endOfAll   = "data: [DONE]\n\n"
)

func newFrame(f format, e envelope, q question) frame {
	head := chunkHead(f, e)
	out := frame{question: q, chat: f.chat}
	if f.chat {
		out.role = concat(eventStart, head, `[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}`, eventEnd)
	}
	out.before = concat(eventStart, head, "[", f.openText)
	out.after = concat(f.closeText, `null,"stop_reason":null}]}`, eventEnd)
	out.afterEnd = concat(f.closeText, `"`+q.reason+`","stop_reason":null}]}`, eventEnd)
	if q.usage {
		counts, _ := json.Marshal(q.usageOf()) // numbers always marshal
		out.trailer = concat(eventStart, head, `[],"usage":`, string(counts), "}", eventEnd)
	}
	out.trailer = append(out.trailer, endOfAll...)
	return out
}

// chunkHead is the JSON of a chunk up to its choices.
func chunkHead(f format, e envelope) string {
	head, _ := json.Marshal(struct { // strings and numbers always marshal
		ID      string `json:"id"`
		Object  string `json:"object"`
		Created int64  `json:"created"`
		Model   string `json:"model"`
	}{e.id, f.chunk, e.created, e.model})
	return string(head[:len(head)-1]) + `,"choices":`
}

// event appends one event with the tokens from..to-1.
func (f *frame) event(buf []byte, from, to int) []byte {
	if from == 0 {
		buf = append(buf, f.role...)
	}
	buf = append(buf, f.before...)
	for i := from; i < to; i++ {
		if i > 0 || !f.chat {
			buf = append(buf, ' ')
		}
		buf = append(buf, f.question.answer.Word(i)...)
	}
	if to == f.question.output {
		return append(buf, f.afterEnd...)
	}
	return append(buf, f.after...)
}

// end appends what follows the last token.
func (f *frame) end(buf []byte) []byte { return append(buf, f.trailer...) }

// failure is the event of an error in mid-stream, where no status can be sent.
func (f *frame) failure(problem *failure) []byte {
	return concat(eventStart, string(problem.body()), eventEnd, endOfAll)
}

func concat(parts ...string) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
