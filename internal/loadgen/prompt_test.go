package loadgen_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// received sends a load to an engine that answers at once and returns what it
// got, in the order of the prompts' text: arrival order is not deterministic.
func received(t *testing.T, w serving.Workload, seed uint64, n int) []completion {
	t.Helper()
	e := &fakeEngine{}
	_, err := patient().Steady(t.Context(), e.start(t), "m", serving.LoadSpec{Workload: w, MaxRequests: n, Seed: seed}, nil)
	require.NoError(t, err)
	got := e.requests()
	require.Len(t, got, n)
	slices.SortFunc(got, func(a, b completion) int { return strings.Compare(a.Prompt, b.Prompt) })
	return got
}

func varied() serving.Workload {
	return serving.Workload{RatePerSecond: 400, PromptTokens: serving.Lengths{Mean: 60, CV: 0.8, Min: 4},
		OutputTokens: serving.Lengths{Mean: 3, CV: 1, Max: 9}}
}

func TestSteady_SameSeed_SendsTheSameRequests(t *testing.T) {
	t.Parallel()
	require.Equal(t, received(t, varied(), 7, 60), received(t, varied(), 7, 60))
}

func TestSteady_OtherSeed_SharesNoPromptPrefixWorthCaching(t *testing.T) {
	t.Parallel()
	w := varied()
	w.PrefixShare, w.PrefixGroups = 0.5, 2
	one, two := received(t, w, 7, 60), received(t, w, 8, 60)
	for _, a := range one {
		for _, b := range two {
			require.Less(t, commonWords(a.Prompt, b.Prompt), 4)
		}
	}
}

// A load that is repeated on one engine must meet a cold cache, but for the
// beginnings that are shared on purpose.
func TestSteady_OtherTextSeed_ChangesTheWordsAndNothingElse(t *testing.T) {
	t.Parallel()
	w := varied()
	w.PromptTokens, w.OutputTokens, w.PrefixShare, w.PrefixGroups = fixed(100), fixed(3), 0.2, 1
	var sent [2][]completion
	for i, text := range []uint64{0, 99} {
		e := &fakeEngine{}
		_, err := patient().Steady(t.Context(), e.start(t), "m", serving.LoadSpec{Workload: w, MaxRequests: 40, Seed: 7, TextSeed: text}, nil)
		require.NoError(t, err)
		sent[i] = e.requests()
		require.Len(t, sent[i], 40)
	}
	for _, a := range sent[0] {
		for _, b := range sent[1] {
			shared := commonWords(a.Prompt, b.Prompt)
			require.GreaterOrEqual(t, shared, 20)
			require.Less(t, shared, 24)
		}
	}
}

func TestSteady_PrefixGroups_ShareExactlyTheirPart(t *testing.T) {
	t.Parallel()
	w := varied()
	w.PromptTokens, w.PrefixShare, w.PrefixGroups = fixed(100), 0.6, 3
	got := received(t, w, 7, 60)
	groups := map[string]int{}
	for i, c := range got {
		words := strings.Fields(c.Prompt)
		require.Len(t, words, 100)
		groups[strings.Join(words[:60], " ")]++
		if i > 0 {
			require.Less(t, commonWords(got[i-1].Prompt, c.Prompt), 66, "the rest is the request's own")
		}
	}
	require.Len(t, groups, 3)
}

func TestSteady_PrefixOfUnequalPrompts_IsTheBeginningOfTheLongerOne(t *testing.T) {
	t.Parallel()
	w := varied()
	w.PrefixShare = 0.5
	got := received(t, w, 7, 40)
	longest := slices.MaxFunc(got, func(a, b completion) int { return len(a.Prompt) - len(b.Prompt) })
	for _, c := range got {
		require.GreaterOrEqual(t, commonWords(longest.Prompt, c.Prompt), len(strings.Fields(c.Prompt))/2)
	}
}

func commonWords(a, b string) int {
	x, y := strings.Fields(a), strings.Fields(b)
	n := 0
	for n < min(len(x), len(y)) && x[n] == y[n] {
		n++
	}
	return n
}
