package text

import (
	"math"
	"strings"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// words are plain enough to need no escaping in JSON.
const words = `the of and to in is that for it as was with be by on not he this are or his from at which but have an had
they you were their one all we can her has there been if more when will would who so no about up out what them into some
than its time only two could first then may do any like my now over such our man me even most made after also did many
before must through back years where much your way well down should because each just those people how too little state
good very make world still own see men work long get here between both life being under never day same another know while
last might us great old year off come since against go came right used take three`

// wordBits is the logarithm of how many of the words are used: 2^7 of them.
const wordBits = 7

// Vocabulary is what answers are made of. It is immutable.
type Vocabulary struct {
	words  []string
	tokens []sched.Token
}

// NewVocabulary returns the fixed vocabulary.
func NewVocabulary() *Vocabulary {
	v := &Vocabulary{words: strings.Fields(words)[:1<<wordBits]}
	for _, w := range v.words {
		v.tokens = append(v.tokens, Tokenize(w)...)
	}
	return v
}

// Answer is the unbounded text that follows one prompt. It is immutable.
type Answer struct {
	vocabulary  *Vocabulary
	seed        uint64
	weights, kv slip
	spoilt      slip
}

// Answer returns the answer to a prompt under a seed.
func (v *Vocabulary) Answer(prompt []sched.Token, seed uint64) Answer {
	h := mix(seed)
	for _, t := range prompt {
		h = mix(h ^ uint64(t))
	}
	return Answer{vocabulary: v, seed: h}
}

// Choice is the k-th alternative answer to the same prompt; the 0-th is the
// answer itself.
func (a Answer) Choice(k int) Answer {
	if k > 0 {
		a.seed = mix(a.seed ^ uint64(k)<<32)
	}
	return a
}

func (a Answer) pick(i int) int {
	place := mix(a.seed + uint64(i))
	word := int(place >> (64 - wordBits))
	return a.spoilt.apply(a.kv.apply(a.weights.apply(word, place), place), place)
}

// Word is the i-th word of the answer.
func (a Answer) Word(i int) string { return a.vocabulary.words[a.pick(i)] }

// Token is the token of the i-th word, the one that Tokenize gives for it.
func (a Answer) Token(i int) sched.Token { return a.vocabulary.tokens[a.pick(i)] }

// Natural answers are about as long as those of chat traffic: log-normal with
// this median and spread.
const (
	medianLength = 180
	lengthSigma  = 0.6
)

// Length is where the answer ends by itself: the natural length or, cut off,
// most; stops tells which. It depends on the prompt and the seed only.
func (a Answer) Length(most int) (tokens int, stops bool) {
	u := (float64(mix(^a.seed)>>11) + 0.5) / (1 << 53)
	v := float64(mix(a.seed^1)>>11) / (1 << 53)
	normal := math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*v)
	natural := max(1, int(medianLength*math.Exp(lengthSigma*normal)))
	if natural > most {
		return most, false
	}
	return natural, true
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
