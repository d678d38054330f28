package api

import "time"

// openAI answers the two OpenAI routes in the shape of one engine.
type openAI struct {
	server *Server
	style  openAIStyle
}

// openAIStyle is how an engine's answers differ from those of the others.
type openAIStyle struct {
	// check looks at what an engine has its own mind about: the model, the number
	// of answers, the stop strings.
	check func(*openAIBody) *problem
	// most is how long an answer may be; asked is nil where the client says
	// nothing.
	most func(prompt int, asked *int, chat bool) (int, *problem)
	// model is the name in the answer to a request for a name.
	model func(asked string) string
	id    func(chat bool) string
	// wholeObject and chunkObject name what a completion is.
	wholeObject, chunkObject string
	top, perChoice           object // fields of every answer and chunk, and of their choices
	message                  object // fields of a message besides role and content
	usage                    object // fields of the usage besides the counts
	unfinished               string // finish_reason of an event that is not the last, as JSON
	roleEvent                bool   // an event with the role precedes the first token of a chat
	finalEvent               bool   // the finish reason of a chat has an event of its own
	tokenBytes               bool   // log probabilities state the bytes of tokens
	matched                  string // field of a choice that names the stop string
}

func (o openAI) completions(data []byte) (request, *problem) {
	b, p := readOpenAIBody(data)
	if p != nil {
		return request{}, p
	}
	w := want{continues: true}
	if w.prompt, p = completionPrompt(b.Prompt); p != nil {
		return request{stream: b.Stream}, p
	}
	return o.request(b, w, false, b.MaxTokens)
}

func (o openAI) chat(data []byte) (request, *problem) {
	b, p := readOpenAIBody(data)
	if p != nil {
		return request{}, p
	}
	var w want
	if w.prompt, p = b.chatPrompt(); p != nil {
		return request{stream: b.Stream}, p
	}
	asked := b.MaxCompletionTokens
	if asked == nil {
		asked = b.MaxTokens
	}
	return o.request(b, w, true, asked)
}

// request completes a want whose prompt is known.
func (o openAI) request(b openAIBody, w want, chat bool, asked *int) (request, *problem) {
	x := request{stream: b.Stream}
	if p := o.style.check(&b); p != nil {
		return x, p
	}
	alternatives, p := b.logprobs(chat)
	if p != nil {
		return x, p
	}
	if w.most, p = o.style.most(len(w.prompt), asked, chat); p != nil {
		return x, p
	}
	w.least, w.choices, w.ignoreEOS = b.MinTokens, b.choices(), b.IgnoreEOS
	w.stops, w.keepStop, w.seed = b.Stop, b.KeepStop, b.Seed
	x.want = w
	reply := openAIReply{style: o.style, chat: chat, alternatives: alternatives, usage: b.includeUsage(), envelope: object{
		"id": o.style.id(chat), "created": time.Now().Unix(), "model": o.style.model(b.Model),
	}}
	for name, value := range o.style.top {
		reply.envelope[name] = value
	}
	x.whole, x.frames = reply.whole, reply.frames
	return x, nil
}

// openAIReply is how one request is answered.
type openAIReply struct {
	style        openAIStyle
	chat         bool
	alternatives int // log probabilities wanted; -1: none
	usage        bool
	envelope     object
}

// whole is the answer to a request without streaming.
func (r openAIReply) whole(under *run) any {
	choices := make([]object, len(under.answers))
	for k, a := range under.answers {
		c := object{"index": k, "finish_reason": a.reason(), "logprobs": r.probabilities(a, 0, a.Tokens())}
		if r.chat {
			message := object{"role": "assistant", "content": a.Text()}
			for name, value := range r.style.message {
				message[name] = value
			}
			c["message"] = message
		} else {
			c["text"] = a.Text()
		}
		choices[k] = r.style.complete(c, a)
	}
	out := object{"object": "text_completion", "choices": choices, "usage": r.style.counts(under.ask)}
	if r.chat {
		out["object"] = r.style.wholeObject
	}
	for name, value := range r.envelope {
		out[name] = value
	}
	return out
}

// complete adds what an engine has in every choice.
func (s openAIStyle) complete(choice object, a answer) object {
	for name, value := range s.perChoice {
		choice[name] = value
	}
	if s.matched != "" {
		choice[s.matched] = nil
		if a.finish == byStop {
			choice[s.matched] = a.matched
		}
	}
	return choice
}

func (s openAIStyle) counts(a ask) object {
	u := a.usage()
	out := object{"prompt_tokens": u.PromptTokens, "completion_tokens": u.CompletionTokens, "total_tokens": u.TotalTokens}
	for name, value := range s.usage {
		out[name] = value
	}
	return out
}
