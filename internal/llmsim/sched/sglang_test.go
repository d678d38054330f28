package sched_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// smallSGLang has a cache of 256 tokens in pages of one, chunks of 32 and a
// conservativeness of 1.
func smallSGLang() sched.Limits {
	l := small()
	l.Policy, l.ReserveFullPrompt, l.BlockSize, l.Blocks = perfmodel.PolicySGLang, false, 1, 256
	l.SGLang = perfmodel.SGLangSettings{MaxPrefillTokens: 128, Order: perfmodel.OrderFCFS, Conservativeness: 1}
	return l
}

func TestSGLang_Prompts_GoFirstInStepsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, smallSGLang())
	add(t, s, request(0, 0, 10, 9))
	step(t, s, 0)
	add(t, s, request(1, 0, 50, 2))
	batch, out := step(t, s, 1)
	require.Equal(t, perfmodel.Batch{Prefills: []perfmodel.Chunk{{New: 32}}}, batch)
	require.Empty(t, out, "the running request waits while a prompt is computed")
	batch, out = step(t, s, 2)
	require.Equal(t, []perfmodel.Chunk{{New: 18, Cached: 32}}, batch.Prefills)
	require.Len(t, out, 1)
	batch, _ = step(t, s, 3)
	require.Equal(t, 2, batch.Decodes)
}

func TestSGLang_SchedulingFlags_ActAsDocumented(t *testing.T) {
	t.Parallel()
	firstStep := func(change func(*sched.Limits)) perfmodel.Batch {
		l := smallSGLang()
		change(&l)
		s := newScheduler(t, l)
		for i := range 6 {
			add(t, s, request(i, 0, 20, 4))
		}
		batch, _ := step(t, s, 0)
		return batch
	}
	require.Equal(t, []perfmodel.Chunk{{New: 20}, {New: 12}}, firstStep(func(*sched.Limits) {}).Prefills)
	require.Equal(t, []perfmodel.Chunk{{New: 16}}, firstStep(func(l *sched.Limits) { l.MaxNumBatchedTokens = 16 }).Prefills, "chunked-prefill-size")
	require.Len(t, firstStep(func(l *sched.Limits) { l.ChunkedPrefill, l.MaxNumBatchedTokens = false, 128 }).Prefills, 6, "chunked-prefill-size -1")
	require.Len(t, firstStep(func(l *sched.Limits) {
		l.ChunkedPrefill, l.SGLang.MaxPrefillTokens = false, 60
	}).Prefills, 3, "max-prefill-tokens")
	require.Len(t, firstStep(func(l *sched.Limits) { l.MaxNumSeqs = 1 }).Prefills, 1, "max-running-requests")
	require.Len(t, firstStep(func(l *sched.Limits) { l.Blocks = 30 }).Prefills, 1, "max-total-tokens")
}

func TestSGLang_MixedChunk_LetsRunningRequestsDecode(t *testing.T) {
	t.Parallel()
	l := smallSGLang()
	l.SGLang.MixedChunk = true
	s := newScheduler(t, l)
	add(t, s, request(0, 0, 10, 9))
	step(t, s, 0)
	add(t, s, request(1, 0, 50, 2))
	batch, out := step(t, s, 1)
	require.Equal(t, 1, batch.Decodes)
	require.Equal(t, []perfmodel.Chunk{{New: 31}}, batch.Prefills)
	require.Len(t, out, 1)
}

// admitted is how many of eight requests of 10 tokens that ask for 60 run in a
// cache of 256 tokens after a few steps.
func admitted(t *testing.T, conservativeness float64) int {
	t.Helper()
	l := smallSGLang()
	l.SGLang.Conservativeness = conservativeness
	s := newScheduler(t, l)
	for i := range 8 {
		add(t, s, asking(i, 10, 20, 60))
	}
	for range 4 {
		step(t, s, 0)
	}
	return s.Stats().Running
}

func TestSGLang_Conservativeness_DecidesHowManyAreAdmitted(t *testing.T) {
	t.Parallel()
	bold, plain, careful := admitted(t, 0.3), admitted(t, 1), admitted(t, 1.4)
	require.Greater(t, bold, plain)
	require.Greater(t, plain, careful)
}

// retractions of requests that use all they ask for, when admission hopes that
// they will not.
func retractions(t *testing.T, conservativeness float64) int {
	t.Helper()
	l := smallSGLang()
	l.SGLang.Conservativeness, l.MaxNumSeqs = conservativeness, 16
	s := newScheduler(t, l)
	for i := range 12 {
		add(t, s, request(i, 0, 10, 60))
	}
	for s.Stats().Running+s.Stats().Waiting > 0 {
		step(t, s, 0)
	}
	return s.Stats().Preemptions
}

func TestSGLang_CacheRunsOut_RequestsAreRetractedLessWhenConservative(t *testing.T) {
	t.Parallel()
	bold, plain, careful := retractions(t, 0.3), retractions(t, 1.0), retractions(t, 2)
	require.Greater(t, bold, plain)
	require.GreaterOrEqual(t, plain, careful)
	require.LessOrEqual(t, careful, 1, "a ratio that starts at 1 keeps all that is asked for, and decays")
}

func TestSGLang_Retraction_TakesTheShortestAnswerAndRaisesTheRatio(t *testing.T) {
	t.Parallel()
	l := smallSGLang()
	l.Blocks, l.SGLang.Conservativeness = 90, 0.1
	s := newScheduler(t, l)
	old, young := request(0, 0, 20, 30), request(1, 0, 20, 30)
	add(t, s, old)
	step(t, s, 0)
	step(t, s, 0)
	add(t, s, young)
	for s.Stats().Preemptions == 0 {
		step(t, s, 0)
	}
	require.Zero(t, old.Preemptions)
	require.Equal(t, 1, young.Preemptions)
	require.Greater(t, s.Stats().NewTokenRatio, 0.07, "it learns from what it was wrong about")
	for s.Stats().Running+s.Stats().Waiting > 0 {
		step(t, s, 0)
	}
	require.Equal(t, 30, young.Generated)
}

// order runs requests one at a time and returns whose prompt was computed when.
func order(t *testing.T, policy string) []int {
	t.Helper()
	l := smallSGLang()
	l.MaxNumSeqs, l.SGLang.Order = 1, policy
	s := newScheduler(t, l)
	add(t, s, request(0, 16, 20, 1)) // leaves its prefix in the cache
	step(t, s, 0)
	alone, short, long := request(1, 0, 20, 4), request(2, 8, 20, 2), request(3, 16, 20, 3)
	add(t, s, alone, short, long)
	var out []int
	for s.Stats().Running+s.Stats().Waiting > 0 {
		_, emissions := step(t, s, 0)
		for _, e := range emissions {
			if e.Index == 0 {
				out = append(out, slices.Index([]*sched.Request{alone, short, long}, e.Request))
			}
		}
	}
	return out
}

func TestSGLang_SchedulePolicy_OrdersTheQueue(t *testing.T) {
	t.Parallel()
	require.Equal(t, []int{0, 1, 2}, order(t, perfmodel.OrderFCFS))
	require.Equal(t, []int{2, 1, 0}, order(t, perfmodel.OrderPrefix))
	require.Equal(t, []int{0, 2, 1}, order(t, perfmodel.OrderOutput))
}

// With more prefixes than the cache holds, lpm finds more of them.
func TestSGLang_LongestPrefixMatch_FindsMoreInASmallCache(t *testing.T) {
	t.Parallel()
	hits := func(policy string) int {
		l := smallSGLang()
		l.Blocks, l.MaxNumSeqs, l.SGLang.Order = 90, 1, policy
		s := newScheduler(t, l)
		for i := range 30 {
			r := request(i, 0, 50, 1)
			for j := range 40 {
				r.Prompt[j] = sched.Token(10_000*(i%3+1) + j)
			}
			add(t, s, r)
		}
		for s.Stats().Waiting > 0 {
			step(t, s, 0)
		}
		return s.Stats().PrefixHits
	}
	require.Greater(t, hits(perfmodel.OrderPrefix), 2*hits(perfmodel.OrderFCFS))
}

func TestSGLang_RadixCache_FindsAnswersOfEndedRequests(t *testing.T) {
	t.Parallel()
	l := smallSGLang()
	for _, caching := range []bool{true, false} {
		l.PrefixCaching = caching
		s := newScheduler(t, l)
		first := request(0, 0, 8, 4)
		first.Next = func(i int) sched.Token { return sched.Token(50_000 + i) }
		add(t, s, first)
		for range 4 {
			step(t, s, 0)
		}
		turn := &sched.Request{Prompt: slices.Clone(first.Prompt), Output: 1}
		for i := range 4 {
			turn.Prompt = append(turn.Prompt, first.Next(i))
		}
		turn.Prompt = append(turn.Prompt, 7)
		add(t, s, turn)
		step(t, s, 1)
		if caching {
			require.Equal(t, 11, turn.Cached, "the prompt and the three tokens of the answer that were computed")
		} else {
			require.Zero(t, turn.Cached, "disable-radix-cache")
		}
	}
}

func TestSGLang_QueueLimit_RefusesWhatWouldWait(t *testing.T) {
	t.Parallel()
	l := smallSGLang()
	l.SGLang.MaxQueuedRequests = 2
	s := newScheduler(t, l)
	add(t, s, request(0, 0, 4, 1), request(1, 0, 4, 1))
	require.ErrorIs(t, s.Add(request(2, 0, 4, 1)), sched.ErrOverloaded)
}

func TestSGLang_AskingForMoreThanFits_IsCutNotRefused(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, smallSGLang())
	add(t, s, asking(0, 100, 5, 10_000))
	batch, _ := step(t, s, 0)
	require.NotEmpty(t, batch.Prefills)
	require.ErrorIs(t, s.Add(request(1, 0, 100, 27)), sched.ErrTooLong)
}
