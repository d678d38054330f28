package text

import "github.com/optiinfra/performance-agent/internal/llmsim/sched"

// Likely is a word that could stand at a place of an answer.
type Likely struct {
	Word    string
	Token   sched.Token
	LogProb float64
}

// Likelihood gives the i-th word with a log probability between -1 and 0, and
// so many words that were next in line, the likeliest first. A model was asked
// for none of this: the figures are as arbitrary as the words, and as
// reproducible.
func (a Answer) Likelihood(i, alternatives int) (Likely, []Likely) {
	word := a.pick(i)
	u := float64(mix(^(a.seed+uint64(i)))>>11) / (1 << 53)
	chosen := a.likely(word, -u*u)
	out := make([]Likely, alternatives)
	for rank := range out {
		out[rank] = a.likely((word+1+37*rank)%(1<<wordBits), chosen.LogProb-1-float64(rank)/2)
	}
	return chosen, out
}

func (a Answer) likely(word int, logProb float64) Likely {
	return Likely{Word: a.vocabulary.words[word], Token: a.vocabulary.tokens[word], LogProb: logProb}
}
