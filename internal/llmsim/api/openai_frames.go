package api

import (
	"bytes"
	"encoding/json"
)

const (
	eventStart = "data: "
	eventEnd   = "\n\n"
	endOfAll   = "data: [DONE]\n\n"
)

// openAIFrames writes the events of one stream. What all tokens of an answer
// have in common is encoded once, so that a token costs three copies and no
// encoding: at thousands of tokens a second that is what bounds an engine's CPU.
type openAIFrames struct {
	reply   openAIReply
	run     *run
	choices []openAIChoiceFrame
	trailer []byte // after the last token of all
}

// openAIChoiceFrame is what the events of one answer have in common.
type openAIChoiceFrame struct {
	role  []byte     // event before the first token
	each  tokenEvent // of a token that is not the last
	last  tokenEvent
	final []byte // event after the last token
}

// tokenEvent is the event of a token around its text and its log probabilities,
// whichever of them comes first.
type tokenEvent struct{ before, middle, after []byte }

// Marks stand in a chunk where what differs from event to event will be.
const (
	markText  = "\x01text\x01"
	markProbs = "\x01probs\x01"
	markEnd   = "\x01end\x01"
)

func (r openAIReply) frames(under *run) frames {
	f := &openAIFrames{reply: r, run: under}
	for k, a := range under.answers {
		f.choices = append(f.choices, r.choiceFrame(k, a))
	}
	if r.usage {
		f.trailer = r.chunk(object{"choices": []object{}, "usage": r.style.counts(under.ask)})
	}
	f.trailer = append(f.trailer, endOfAll...)
	return f
}

func (r openAIReply) choiceFrame(k int, a answer) openAIChoiceFrame {
	reason := `"` + a.reason() + `"`
	matched := a
	matched.finish = byItself // no stop string in an event that is not the last
	open, last := r.token(k, matched), r.token(k, a)
	var out openAIChoiceFrame
	if r.chat && r.style.roleEvent {
		out.role = r.chunk(object{"choices": []object{r.style.complete(object{
			"index": k, "delta": object{"role": "assistant", "content": ""}, "logprobs": nil, "finish_reason": nil}, matched)}})
	}
	out.each, out.last = split(open, r.style.unfinished), split(last, reason)
	if r.chat && r.style.finalEvent {
		out.last = out.each
		out.final = r.chunk(object{"choices": []object{r.style.complete(object{
			"index": k, "delta": object{"role": nil, "content": nil}, "logprobs": nil, "finish_reason": a.reason()}, a)}})
	}
	return out
}

// token is the event of a token with marks for what differs.
func (r openAIReply) token(k int, a answer) []byte {
	c := object{"index": k, "logprobs": markProbs, "finish_reason": markEnd}
	if r.chat {
		delta := object{"content": markText}
		if !r.style.roleEvent {
			delta["role"] = "assistant"
		}
		c["delta"] = delta
	} else {
		c["text"] = markText
	}
	return r.chunk(object{"choices": []object{r.style.complete(c, a)}})
}

// chunk is one event.
func (r openAIReply) chunk(fields object) []byte {
	fields["object"] = "text_completion"
	if r.chat {
		fields["object"] = r.style.chunkObject
	}
	for name, value := range r.envelope {
		fields[name] = value
	}
	return event(fields)
}

func event(fields object) []byte {
	return []byte(eventStart + string(fields.json()) + eventEnd)
}

// split takes an event apart at the marks of the text and of the log
// probabilities. Keys are written in alphabetical order, so in a chat the text
// (of the delta) comes before them and in a completion after.
func split(event []byte, reason string) tokenEvent {
	quoted := func(mark string) []byte {
		data, _ := json.Marshal(mark)
		return data
	}
	event = bytes.Replace(event, quoted(markEnd), []byte(reason), 1)
	textAt := bytes.Index(event, bytes.Trim(quoted(markText), `"`))
	probsAt := bytes.Index(event, quoted(markProbs))
	textEnd, probsEnd := textAt+len(quoted(markText))-2, probsAt+len(quoted(markProbs))
	if textAt < probsAt {
		return tokenEvent{event[:textAt], event[textEnd:probsAt], event[probsEnd:]}
	}
	return tokenEvent{event[:probsAt], event[probsEnd:textAt], event[textEnd:]}
}

// tokens implements frames.
func (f *openAIFrames) tokens(buf []byte, k, from, to int) []byte {
	c, a := f.choices[k], f.run.answers[k]
	if from == 0 {
		buf = append(buf, c.role...)
	}
	shape := c.each
	if to == a.Tokens() {
		shape = c.last
	}
	first, second := []byte(a.Added(from, to)), []byte("null")
	if f.reply.alternatives >= 0 {
		second, _ = json.Marshal(f.reply.probabilities(a, from, to))
	}
	if !f.reply.chat {
		first, second = second, first
	}
	for _, part := range [][]byte{shape.before, first, shape.middle, second, shape.after} {
		buf = append(buf, part...)
	}
	if to == a.Tokens() {
		buf = append(buf, c.final...)
	}
	return buf
}

// end implements frames.
func (f *openAIFrames) end(buf []byte) []byte { return append(buf, f.trailer...) }
