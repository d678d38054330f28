package text_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/llmsim/text"
)

func TestTokenize_OneTokenAWord(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{
		"": 0, " \n\t ": 0, "one": 1, "one two": 2, "  one   two\nthree ": 3, "naïve — café": 3,
	} {
		require.Len(t, text.Tokenize(in), want, "%q", in)
	}
	same := text.Tokenize("red blue red")
	require.Equal(t, same[0], same[2])
	require.NotEqual(t, same[0], same[1])
}

func TestChat_NextTurn_BeginsWithTheTokensOfTheLast(t *testing.T) {
	t.Parallel()
	first := text.Chat([]text.Message{{Role: "system", Content: "be brief"}, {Role: "user", Content: "hello there"}})
	require.Len(t, first, 7, "two roles, four words, the role of the answer")
	second := text.Chat([]text.Message{
		{Role: "system", Content: "be brief"}, {Role: "user", Content: "hello there"},
		{Role: "assistant", Content: "good day"}, {Role: "user", Content: "bye"},
	})
	require.Equal(t, first, second[:7])
	require.Equal(t, text.Tokenize("good day"), second[7:9])
}

func TestFromIDs_KeepsIdentity(t *testing.T) {
	t.Parallel()
	require.Equal(t, []sched.Token{5, 6, 5}, text.FromIDs([]int{5, 6, 5}))
}

func TestAnswer_SamePromptAndSeed_SameWords(t *testing.T) {
	t.Parallel()
	v, prompt := text.NewVocabulary(), text.Tokenize("why is the sky blue")
	a, again := v.Answer(prompt, 1), text.NewVocabulary().Answer(prompt, 1)
	require.Equal(t, a.Write(40, false), again.Write(40, false))
	require.NotEqual(t, a.Write(40, false), v.Answer(prompt, 2).Write(40, false))
	require.NotEqual(t, a.Write(40, false), v.Answer(prompt[:4], 1).Write(40, false))
	require.NotEqual(t, a.Write(40, false), a.Choice(1).Write(40, false))
	require.Equal(t, a, a.Choice(0))
}

func TestAnswer_TokensAreThoseOfItsText(t *testing.T) {
	t.Parallel()
	a := text.NewVocabulary().Answer(nil, 3)
	written := text.Tokenize(a.Write(500, true).Text())
	require.Len(t, written, 500)
	for i, token := range written {
		require.Equal(t, token, a.Token(i))
	}
	require.Equal(t, strings.Fields(a.Write(3, false).Text())[2], a.Word(2))
}

func TestAnswer_WordsNeedNoEscapingInJSON(t *testing.T) {
	t.Parallel()
	written := text.NewVocabulary().Answer(nil, 0).Write(5000, false).Text()
	encoded, err := json.Marshal(written)
	require.NoError(t, err)
	require.Equal(t, `"`+written+`"`, string(encoded))
}

func TestAnswer_Length_IsNaturalAndNeverAboveTheLimit(t *testing.T) {
	t.Parallel()
	v, stopped, total := text.NewVocabulary(), 0, 0
	for seed := range uint64(2000) {
		a := v.Answer(nil, seed)
		n, stops := a.Length(300)
		require.GreaterOrEqual(t, n, 1)
		require.LessOrEqual(t, n, 300)
		if stops {
			stopped++
		} else {
			require.Equal(t, 300, n)
		}
		long, _ := a.Length(100_000)
		total += long
		short, stops := a.Length(1)
		require.Equal(t, 1, short)
		require.Equal(t, long == 1, stops)
	}
	require.InDelta(t, 0.8, float64(stopped)/2000, 0.05, "share below 300 of a log-normal with median 180")
	require.InDelta(t, 215, float64(total)/2000, 10)
}
