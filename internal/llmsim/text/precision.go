package text

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// Precision is how exactly a model computes: the formats of its weights and of
// its KV cache, in the words of perfmodel.
type Precision struct {
	Weights, KV string
}

// Shares of answer tokens that differ from those of the 16-bit model. They are
// chosen, not measured: in the order of the published losses of accuracy
// (perfmodel.md, section 5: FP8 least, INT8 about a point, four bits more, an
// FP8 cache least of all), and of a size that a gate over some hundred answers
// tells apart.
const (
	shareFP8   = 0.005
	shareW8A16 = 0.003
	shareINT8  = 0.01
	shareFour  = 0.02
	shareKVFP8 = 0.003
)

// DifferingTokens is the share of tokens, 0..1, that differ from those of the
// 16-bit model.
func (p Precision) DifferingTokens() float64 {
	return 1 - (1-weightShare(p.Weights))*(1-kvShare(p.KV))
}

func weightShare(format string) float64 {
	switch format {
	case perfmodel.WeightsFP8:
		return shareFP8
	case perfmodel.WeightsW8A16:
		return shareW8A16
	case perfmodel.WeightsINT8:
		return shareINT8
	case perfmodel.WeightsW4, perfmodel.WeightsMXFP4:
		return shareFour
	}
	return 0
}

func kvShare(format string) float64 {
	if format == perfmodel.KVFP8 {
		return shareKVFP8
	}
	return 0
}

// As is the answer that the model gives in a precision: the same length, other
// words at the share of places that DifferingTokens says. Where they are depends
// on the format, too, so two formats err in different places.
func (a Answer) As(p Precision) Answer {
	a.weights = newSlip(p.Weights, weightShare(p.Weights))
	a.kv = newSlip("kv "+p.KV, kvShare(p.KV))
	return a
}

// Spoiled is the answer of an engine that computes wrongly: that share of its
// words, 0..1, are other ones, always at the same places.
func (a Answer) Spoiled(share float64) Answer {
	a.spoilt = newSlip("spoilt", share)
	return a
}

// slip makes some places of an answer differ.
type slip struct {
	salt  uint64
	below uint64 // a place slips when its hash is below
}

func newSlip(name string, share float64) slip {
	s := slip{below: math.MaxUint64}
	if share < 1 {
		s.below = uint64(share * (1 << 64))
	}
	for _, b := range []byte(name) {
		s.salt = mix(s.salt ^ uint64(b))
	}
	return s
}

// apply returns another word than the given one at the places that slip.
func (s slip) apply(word int, place uint64) int {
	h := mix(place ^ s.salt)
	if h >= s.below {
		return word
	}
	other := 1 + int(mix(h)%(1<<wordBits-1))
	return (word + other) % (1 << wordBits)
}
