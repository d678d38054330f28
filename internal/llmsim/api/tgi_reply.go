package api

// tgiReply is how a request to TGI's own routes is answered.
type tgiReply struct{ body tgiBody }

func tgiFinish(a answer) string {
	return map[finish]string{byItself: "eos_token", byLength: "length", byStop: "stop_sequence"}[a.finish]
}

// text is the answer as the client asked for it. TGI leaves the stop sequence in.
func (r tgiReply) text(a answer) string {
	if r.body.Parameters.ReturnFullText {
		return r.body.Inputs + a.Text()
	}
	return a.Text()
}

// whole is the answer without streaming: the first of several is the best.
func (r tgiReply) whole(under *run) any {
	out := object{"generated_text": r.text(under.answers[0])}
	if !r.body.Parameters.Details {
		return out
	}
	details := r.details(under.answers[0])
	if len(under.answers) > 1 {
		others := []object{}
		for _, a := range under.answers[1:] {
			other := r.details(a)
			other["generated_text"] = r.text(a)
			others = append(others, other)
		}
		details["best_of_sequences"] = others
	}
	out["details"] = details
	return out
}

func (r tgiReply) details(a answer) object {
	tokens, tops := []object{}, [][]object{}
	for i := range a.Tokens() {
		token, top := r.token(a, i)
		tokens, tops = append(tokens, token), append(tops, top)
	}
	out := object{"finish_reason": tgiFinish(a), "generated_tokens": a.Tokens(), "seed": r.body.Parameters.Seed, "prefill": []object{}, "tokens": tokens}
	if r.body.Parameters.TopNTokens > 0 {
		out["top_tokens"] = tops
	}
	return out
}

// token is one token and what else could have stood there.
func (r tgiReply) token(a answer, i int) (object, []object) {
	chosen, others := a.words.Likelihood(i, max(r.body.Parameters.TopNTokens-1, 0))
	describe := func(id uint32, text string, logProb float64) object {
		return object{"id": id, "text": text, "logprob": logProb, "special": false}
	}
	token := describe(uint32(chosen.Token), a.Added(i, i+1), chosen.LogProb)
	top := []object{}
	if r.body.Parameters.TopNTokens > 0 {
		top = append(top, token)
		for _, o := range others {
			top = append(top, describe(uint32(o.Token), " "+o.Word, o.LogProb))
		}
	}
	return token, top
}

func (r tgiReply) frames(under *run) frames { return tgiFrames{reply: r, run: under} }

// tgiFrames writes the events of /generate_stream: one for each token, the last
// with the whole text. TGI ends the stream with it.
type tgiFrames struct {
	reply tgiReply
	run   *run
}

// tokens implements frames.
func (f tgiFrames) tokens(buf []byte, k, from, to int) []byte {
	a := f.run.answers[k]
	for i := from; i < to; i++ {
		token, top := f.reply.token(a, i)
		fields := object{"index": i + 1, "token": token, "generated_text": nil, "details": nil}
		if f.reply.body.Parameters.TopNTokens > 0 {
			fields["top_tokens"] = top
		}
		if i+1 == a.Tokens() {
			fields["generated_text"] = f.reply.text(a)
			if f.reply.body.Parameters.Details {
				fields["details"] = object{"finish_reason": tgiFinish(a), "generated_tokens": a.Tokens(),
					"seed": f.reply.body.Parameters.Seed, "input_length": len(f.run.prompt)}
			}
		}
		buf = append(buf, event(fields)...)
	}
	return buf
}

// end implements frames.
func (f tgiFrames) end(buf []byte) []byte { return buf }
