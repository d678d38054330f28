package api

import "github.com/optiinfra/performance-agent/internal/llmsim/text"

// probabilities are the log probabilities of the tokens from..to-1 in the shape
// of the route, or nil where none are wanted.
func (r openAIReply) probabilities(a answer, from, to int) any {
	if r.alternatives < 0 {
		return nil
	}
	if r.chat {
		return r.chatProbabilities(a, from, to)
	}
	tokens, logs, offsets := make([]string, 0, to-from), make([]float64, 0, to-from), make([]int, 0, to-from)
	tops := make([]map[string]float64, 0, to-from)
	for i := from; i < to; i++ {
		chosen, others := a.words.Likelihood(i, r.alternatives)
		top := map[string]float64{" " + chosen.Word: chosen.LogProb}
		for _, o := range others {
			top[" "+o.Word] = o.LogProb
		}
		tokens, logs, tops = append(tokens, " "+chosen.Word), append(logs, chosen.LogProb), append(tops, top)
		offsets = append(offsets, len(a.Added(0, i+1))-len(a.Added(i, i+1)))
	}
	return object{"tokens": tokens, "token_logprobs": logs, "top_logprobs": tops, "text_offset": offsets}
}

func (r openAIReply) chatProbabilities(a answer, from, to int) object {
	list := make([]object, 0, to-from)
	for i := from; i < to; i++ {
		chosen, others := a.words.Likelihood(i, max(r.alternatives-1, 0))
		// The chosen token is the likeliest, so it heads the alternatives.
		tops := []object{}
		for _, o := range append([]text.Likely{chosen}, others...)[:min(r.alternatives, 1+len(others))] {
			tops = append(tops, r.probability(o))
		}
		one := r.probability(chosen)
		one["top_logprobs"] = tops
		list = append(list, one)
	}
	return object{"content": list}
}

func (r openAIReply) probability(l text.Likely) object {
	out := object{"token": l.Word, "logprob": l.LogProb}
	if r.style.tokenBytes {
		bytes := make([]int, len(l.Word))
		for i := range l.Word {
			bytes[i] = int(l.Word[i])
		}
		out["bytes"] = bytes
	}
	return out
}
