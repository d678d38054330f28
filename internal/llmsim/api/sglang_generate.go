package api

import (
	"encoding/json"
	"time"

	"github.com/optiinfra/performance-agent/internal/llmsim/text"
)

// sglangBody is the part of a request to /generate that changes what the engine
// does.
type sglangBody struct {
	Text           *string        `json:"text"`
	InputIDs       []int          `json:"input_ids"`
	Sampling       sglangSampling `json:"sampling_params"`
	Stream         bool           `json:"stream"`
	RID            string         `json:"rid"`
	ReturnLogprob  bool           `json:"return_logprob"`
	TopLogprobsNum int            `json:"top_logprobs_num"`
}

type sglangSampling struct {
	MaxNewTokens *int      `json:"max_new_tokens"`
	MinNewTokens int       `json:"min_new_tokens"`
	IgnoreEOS    bool      `json:"ignore_eos"`
	Stop         oneOrMany `json:"stop"`
	KeepStop     bool      `json:"no_stop_trim"`
	N            *int      `json:"n"`
	Seed         *uint64   `json:"sampling_seed"`
}

// defaultNewTokens is that of SGLang's own route.
const defaultNewTokens = 128

func (g *sglang) understand(data []byte) (request, *problem) {
	var b sglangBody
	if err := json.Unmarshal(data, &b); err != nil {
		return request{}, &problem{kind: unreadable, message: "the request body is not valid: " + err.Error()}
	}
	x, s := request{stream: b.Stream}, b.Sampling
	x.want = want{least: s.MinNewTokens, choices: 1, ignoreEOS: s.IgnoreEOS, continues: true, stops: s.Stop, keepStop: s.KeepStop, seed: s.Seed}
	if s.N != nil {
		x.choices = *s.N
	}
	switch {
	case x.choices < 1 || x.choices > mostChoices:
		return x, badRequest("n should be between 1 and %d, got %d.", mostChoices, x.choices)
	case b.Text == nil && b.InputIDs == nil:
		return x, badRequest("Either text, input_ids or input_embeds should be provided.")
	case b.Text != nil && b.InputIDs != nil:
		return x, badRequest("text and input_ids cannot be provided at the same time.")
	case b.Text != nil:
		x.prompt = text.Tokenize(*b.Text)
	default:
		x.prompt = text.FromIDs(b.InputIDs)
	}
	asked := s.MaxNewTokens
	if asked == nil {
		limit := defaultNewTokens
		asked = &limit
	}
	var p *problem
	if x.most, p = g.most(len(x.prompt), asked); p != nil {
		return x, p
	}
	if b.RID == "" {
		b.RID = g.serial.next()
	}
	answer := sglangReply{server: g, body: b, began: time.Now()}
	x.whole, x.frames = answer.whole, answer.frames
	return x, nil
}

// sglangReply is how a request to /generate is answered.
type sglangReply struct {
	server *sglang
	body   sglangBody
	began  time.Time
}

// whole is an object, or a list of them where several answers were wanted.
func (r sglangReply) whole(under *run) any {
	list := []object{}
	for k, a := range under.answers {
		list = append(list, r.part(under, k, a.Tokens()))
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// part is an answer of which so many tokens exist. Its text is all there is so
// far, in streams, too.
func (r sglangReply) part(under *run, k, tokens int) object {
	a, request := under.answers[k], under.requests[k]
	ids := make([]uint32, tokens)
	for i := range ids {
		ids[i] = uint32(a.words.Token(i))
	}
	meta := object{"id": r.body.RID, "finish_reason": nil, "prompt_tokens": len(under.prompt), "weight_version": "default",
		"completion_tokens": tokens, "cached_tokens": request.Cached, "total_retractions": 0}
	if tokens == a.Tokens() {
		meta["finish_reason"] = sglangFinish(a)
		meta["total_retractions"] = request.Preemptions
		meta["e2e_latency"] = time.Since(r.began).Seconds()
	}
	if r.body.ReturnLogprob {
		meta["output_token_logprobs"], meta["output_top_logprobs"] = r.logprobs(a, tokens)
	}
	return object{"text": a.Added(0, tokens), "output_ids": ids, "meta_info": meta}
}

// logprobs are triples of probability, token and text, which is left out.
func (r sglangReply) logprobs(a answer, tokens int) (chosen [][]any, tops [][][]any) {
	triple := func(l text.Likely) []any { return []any{l.LogProb, uint32(l.Token), nil} }
	for i := range tokens {
		c, others := a.words.Likelihood(i, max(r.body.TopLogprobsNum-1, 0))
		chosen = append(chosen, triple(c))
		top := [][]any{}
		if r.body.TopLogprobsNum > 0 {
			top = append(top, triple(c))
		}
		for _, o := range others {
			top = append(top, triple(o))
		}
		tops = append(tops, top)
	}
	return chosen, tops
}

func sglangFinish(a answer) object {
	switch a.finish {
	case byLength:
		return object{"type": "length", "length": a.Tokens()}
	case byStop:
		return object{"type": "stop", "matched": a.matched}
	}
	return object{"type": "stop", "matched": sglangEndToken}
}

// sglangEndToken is the end of a turn in the vocabulary of Llama 3.
const sglangEndToken = 128009

func (r sglangReply) frames(under *run) frames { return sglangFrames{reply: r, run: under} }

type sglangFrames struct {
	reply sglangReply
	run   *run
}

// tokens implements frames.
func (f sglangFrames) tokens(buf []byte, k, _, to int) []byte {
	part := f.reply.part(f.run, k, to)
	if len(f.run.answers) > 1 {
		part["index"] = k
	}
	return append(buf, event(part)...)
}

// end implements frames.
func (f sglangFrames) end(buf []byte) []byte { return append(buf, endOfAll...) }
