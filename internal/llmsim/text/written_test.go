package text_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/text"
)

func TestWritten_PartsAddUpToTheText(t *testing.T) {
	t.Parallel()
	a := text.NewVocabulary().Answer(nil, 5)
	for _, continues := range []bool{false, true} {
		w := a.Write(50, continues)
		require.Equal(t, 50, w.Tokens())
		require.Equal(t, continues, strings.HasPrefix(w.Text(), " "))
		whole := ""
		for i := range 50 {
			require.Equal(t, a.Word(i), strings.TrimSpace(w.Added(i, i+1)))
			whole += w.Added(i, i+1)
		}
		require.Equal(t, w.Text(), whole)
		require.Equal(t, w.Text(), w.Added(0, 20)+w.Added(20, 50))
	}
	require.Empty(t, a.Write(0, true).Text())
}

func TestWritten_StopString_EndsTheTextBeforeItAndCountsItsTokens(t *testing.T) {
	t.Parallel()
	a := text.NewVocabulary().Answer(nil, 5)
	w := a.Write(60, true)
	stop := a.Word(7) + " " + a.Word(8) // two words are rarely repeated
	at := strings.Index(w.Text(), stop)
	cut, matched := w.CutAt([]string{"no such word", "", stop}, false, 0)
	require.Equal(t, stop, matched)
	require.Equal(t, w.Text()[:at], cut.Text())
	require.Equal(t, 9, cut.Tokens(), "the tokens of the stop string were generated")
	require.Equal(t, cut.Text(), cut.Added(0, cut.Tokens()))

	kept, _ := w.CutAt([]string{stop}, true, 0)
	require.Equal(t, w.Text()[:at+len(stop)], kept.Text())

	whole, matched := w.CutAt([]string{"no such word"}, false, 0)
	require.Empty(t, matched)
	require.Equal(t, w, whole)
}

func TestWritten_SeveralStopStrings_TheFirstToBeCompleteCounts(t *testing.T) {
	t.Parallel()
	a := text.NewVocabulary().Answer(nil, 5)
	w := a.Write(60, true)
	cut, matched := w.CutAt([]string{a.Word(20), a.Word(3), a.Word(30)}, false, 0)
	require.LessOrEqual(t, cut.Tokens(), 4)
	require.Contains(t, []string{a.Word(3), a.Word(20), a.Word(30)}, matched)

	later, matched := w.CutAt([]string{" "}, false, 10)
	require.Equal(t, " ", matched)
	require.Equal(t, 10, later.Tokens(), "not before so many tokens")
	require.Equal(t, w.Added(0, 9), later.Text())
}

func TestAnswer_Likelihood_IsSortedAndOfOtherWords(t *testing.T) {
	t.Parallel()
	a := text.NewVocabulary().Answer(nil, 5)
	for i := range 20 {
		chosen, others := a.Likelihood(i, 5)
		require.Equal(t, a.Word(i), chosen.Word)
		require.Equal(t, a.Token(i), chosen.Token)
		require.LessOrEqual(t, chosen.LogProb, 0.0)
		require.Len(t, others, 5)
		last := chosen.LogProb
		for _, o := range others {
			require.NotEqual(t, chosen.Word, o.Word)
			require.Less(t, o.LogProb, last)
			last = o.LogProb
		}
	}
}
