package api

import (
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/llmsim/text"
)

// want is what a client wants of the engine, in whatever API it said so.
type want struct {
	prompt    []sched.Token
	most      int // tokens of an answer
	least     int
	choices   int // answers
	ignoreEOS bool
	continues bool // the answer continues the text of the prompt
	stops     []string
	keepStop  bool // in the text
	seed      *uint64
}

// finish is why an answer ends.
type finish int

const (
	byItself finish = iota
	byLength
	byStop // one of the client's stop strings
)

// ask is a request that the engine can run: a prompt and the answers that it
// will get, which are settled beforehand.
type ask struct {
	prompt  []sched.Token
	most    int
	answers []answer
}

type answer struct {
	text.Written
	words   text.Answer
	finish  finish
	matched string // stop string
}

// reason is the finish reason in the words of the OpenAI API, which are those of
// the metrics, too.
func (a answer) reason() string {
	if a.finish == byLength {
		return "length"
	}
	return "stop"
}

// settle decides what the answers will be.
func (s *Server) settle(w want) ask {
	seed := s.config.Seed
	if w.seed != nil {
		seed ^= *w.seed
	}
	first := s.vocabulary.Answer(w.prompt, seed).As(s.config.Precision).Spoiled(s.wrongShare())
	out := ask{prompt: w.prompt, most: w.most}
	for k := range max(w.choices, 1) {
		out.answers = append(out.answers, w.settle(first.Choice(k)))
	}
	return out
}

func (w want) settle(words text.Answer) answer {
	out := answer{words: words, finish: byLength}
	tokens := w.most
	if !w.ignoreEOS {
		if n, stops := words.Length(w.most); stops {
			tokens, out.finish = max(n, min(w.least, w.most)), byItself
		}
	}
	out.Written, out.matched = words.Write(tokens, w.continues).CutAt(w.stops, w.keepStop, w.least)
	if out.matched != "" {
		out.finish = byStop
	}
	return out
}

// usage counts tokens as the APIs report them.
type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	TotalTokens      int `json:"total_tokens"`
	CompletionTokens int `json:"completion_tokens"`
}

func (a ask) usage() usage {
	u := usage{PromptTokens: len(a.prompt)}
	for _, one := range a.answers {
		u.CompletionTokens += one.Tokens()
	}
	u.TotalTokens = u.PromptTokens + u.CompletionTokens
	return u
}
