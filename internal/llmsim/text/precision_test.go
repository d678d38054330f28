package text_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/text"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// differing is the share of the first tokens of 40 answers that differ.
func differing(p, q text.Precision) float64 {
	const each = 2000
	v, different := text.NewVocabulary(), 0
	for seed := range uint64(40) {
		a := v.Answer(nil, seed)
		x, y := a.As(p), a.As(q)
		for i := range each {
			if x.Token(i) != y.Token(i) {
				different++
			}
		}
	}
	return float64(different) / (40 * each)
}

func TestAnswer_InAnotherPrecision_DiffersAtTheStatedShareOfPlaces(t *testing.T) {
	t.Parallel()
	exact := text.Precision{Weights: perfmodel.WeightsBF16, KV: perfmodel.KVBF16}
	for _, c := range []struct {
		weights, kv string
		want        float64
	}{
		{perfmodel.WeightsBF16, perfmodel.KVBF16, 0},
		{perfmodel.WeightsFP8, perfmodel.KVBF16, 0.005},
		{perfmodel.WeightsFP8, perfmodel.KVFP8, 0.008},
		{perfmodel.WeightsBF16, perfmodel.KVFP8, 0.003},
		{perfmodel.WeightsW8A16, perfmodel.KVBF16, 0.003},
		{perfmodel.WeightsINT8, perfmodel.KVBF16, 0.01},
		{perfmodel.WeightsW4, perfmodel.KVBF16, 0.02},
		{perfmodel.WeightsMXFP4, perfmodel.KVFP8, 0.023},
	} {
		p := text.Precision{Weights: c.weights, KV: c.kv}
		require.InDelta(t, c.want, p.DifferingTokens(), 1e-4, "%+v", p)
		require.InDelta(t, c.want, differing(exact, p), 0.0015, "%+v", p)
	}
	fp8, int8 := text.Precision{Weights: perfmodel.WeightsFP8}, text.Precision{Weights: perfmodel.WeightsINT8}
	require.InDelta(t, 0.015, differing(fp8, int8), 0.0015, "two formats err in different places")
}

func TestAnswer_InAnotherPrecision_HasTheSameLengthAndIsReproducible(t *testing.T) {
	t.Parallel()
	a := text.NewVocabulary().Answer(nil, 11)
	p := text.Precision{Weights: perfmodel.WeightsW4, KV: perfmodel.KVFP8}
	want, stops := a.Length(1000)
	got, again := a.As(p).Length(1000)
	require.Equal(t, want, got)
	require.Equal(t, stops, again)
	require.Equal(t, a.As(p).Write(300, false), text.NewVocabulary().Answer(nil, 11).As(p).Write(300, false))
	for i := range 300 {
		require.Equal(t, text.Tokenize(a.As(p).Word(i))[0], a.As(p).Token(i))
	}
}

func TestAnswer_Spoiled_DiffersAtTheGivenShareOfPlacesAndKeepsItsLength(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{0, 0.2, 1} {
		different, a := 0, text.NewVocabulary().Answer(nil, 3)
		for i := range 20000 {
			if a.Token(i) != a.Spoiled(share).Token(i) {
				different++
			}
		}
		require.InDelta(t, share, float64(different)/20000, 0.01)
		want, _ := a.Length(1000)
		got, _ := a.Spoiled(share).Length(1000)
		require.Equal(t, want, got)
	}
}
