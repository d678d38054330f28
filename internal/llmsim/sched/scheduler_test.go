package sched_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// small limits make every rule bite; tests change what they are about.
func small() sched.Limits {
	return sched.Limits{
		Blocks: 64, BlockSize: 4, MaxNumSeqs: 8, MaxNumBatchedTokens: 32, MaxModelLen: 128,
		ChunkedPrefill: true, PrefixCaching: true, ReserveFullPrompt: true,
	}
}

func newScheduler(t *testing.T, l sched.Limits) *sched.Scheduler {
	t.Helper()
	s, err := sched.New(l)
	require.NoError(t, err)
	return s
}

// request makes a prompt that starts with shared tokens and goes on alone.
func request(id, shared, prompt, output int) *sched.Request {
	tokens := make([]sched.Token, prompt)
	for i := range tokens {
		tokens[i] = sched.Token(i)
		if i >= shared {
			tokens[i] = sched.Token(1_000*(id+1) + i)
		}
	}
	return &sched.Request{Prompt: tokens, Output: output}
}

func add(t *testing.T, s *sched.Scheduler, requests ...*sched.Request) {
	t.Helper()
	for _, r := range requests {
		require.NoError(t, s.Add(r))
	}
}

// step runs one engine step and returns what it computed and emitted.
func step(t *testing.T, s *sched.Scheduler, now float64) (perfmodel.Batch, []sched.Emission) {
	t.Helper()
	batch, ok := s.Schedule(now)
	require.True(t, ok)
	batch.Prefills = slices.Clone(batch.Prefills)
	require.NoError(t, s.Audit())
	out := slices.Clone(s.Complete(now + 1))
	require.NoError(t, s.Audit())
	return batch, out
}

func TestScheduler_OnePrompt_IsPrefilledThenDecoded(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, small())
	r := request(0, 0, 10, 3)
	add(t, s, r)

	batch, out := step(t, s, 5)
	require.Equal(t, perfmodel.Batch{Prefills: []perfmodel.Chunk{{New: 10}}}, batch)
	require.Equal(t, []sched.Emission{{Request: r}}, out)
	require.Equal(t, sched.Times{Scheduled: 5, FirstToken: 6, LastToken: 6}, r.Times)
	require.Equal(t, 11, s.Stats().StepTokens, "the prompt and its first token")

	batch, out = step(t, s, 7)
	require.Equal(t, perfmodel.Batch{Decodes: 1, DecodeContextTokens: 11, Prefills: []perfmodel.Chunk{}}, batch)
	require.Equal(t, []sched.Emission{{Request: r, Index: 1, GapSeconds: 2}}, out)

	_, out = step(t, s, 9)
	require.Equal(t, []sched.Emission{{Request: r, Index: 2, GapSeconds: 2, Last: true}}, out)
	require.Zero(t, s.Stats().Used)
	_, ok := s.Schedule(10)
	require.False(t, ok, "nothing is left")
	require.Empty(t, s.Complete(10))
}

func TestStats_LastStep_TellsWhatWasComputedAndHowLong(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, small())
	add(t, s, request(0, 0, 20, 3), request(1, 0, 20, 3))
	step(t, s, 5)
	require.Equal(t, sched.Step{Seconds: 1, Admitted: 2, Prefills: 2, Prompt: 32}, s.Stats().Last, "the budget cuts the second prompt")
	step(t, s, 6)
	require.Equal(t, sched.Step{Seconds: 1, Prefills: 1, Prompt: 8, Decodes: 1}, s.Stats().Last)
	require.Zero(t, s.Stats().Evictable)
	for range 3 {
		_, ok := s.Schedule(7)
		if ok {
			s.Complete(8)
		}
	}
	require.Zero(t, s.Stats().Used)
	require.Equal(t, 10, s.Stats().Evictable, "two prompts of five full blocks")
}

func TestScheduler_LongPrompt_IsChunkedByTheBudgetThatDecodesLeave(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, small())
	add(t, s, request(0, 0, 4, 10), request(1, 0, 60, 1))

	first, _ := step(t, s, 0)
	require.Equal(t, []perfmodel.Chunk{{New: 4}, {New: 28}}, first.Prefills)
	second, _ := step(t, s, 1)
	require.Equal(t, 1, second.Decodes)
	require.Equal(t, []perfmodel.Chunk{{New: 31, Cached: 28}}, second.Prefills)
	third, out := step(t, s, 2)
	require.Equal(t, []perfmodel.Chunk{{New: 1, Cached: 59}}, third.Prefills, "one last token of a prompt is no decode")
	require.Len(t, out, 2)
}

func TestScheduler_LongPrefillThreshold_CapsOnePromptsChunk(t *testing.T) {
	t.Parallel()
	l := small()
	l.LongPrefillThreshold = 12
	s := newScheduler(t, l)
	add(t, s, request(0, 0, 60, 1), request(1, 0, 20, 1))
	batch, _ := step(t, s, 0)
	require.Equal(t, []perfmodel.Chunk{{New: 12}, {New: 12}}, batch.Prefills)
}

func TestScheduler_WithoutChunkedPrefill_PromptWaitsForWholeBudget(t *testing.T) {
	t.Parallel()
	l := small()
	l.ChunkedPrefill, l.MaxNumBatchedTokens, l.MaxModelLen = false, 64, 64
	s := newScheduler(t, l)
	add(t, s, request(0, 0, 40, 2), request(1, 0, 40, 2))
	batch, _ := step(t, s, 0)
	require.Equal(t, []perfmodel.Chunk{{New: 40}}, batch.Prefills)
	batch, _ = step(t, s, 1)
	require.Equal(t, 1, batch.Decodes)
	require.Equal(t, []perfmodel.Chunk{{New: 40}}, batch.Prefills)
}

func TestScheduler_PrefillFirstPolicy_NeverMixesPromptsAndDecodes(t *testing.T) {
	t.Parallel()
	l := small()
	l.ChunkedPrefill, l.Policy, l.MaxNumBatchedTokens = false, perfmodel.PolicyVLLMV0, 128
	s := newScheduler(t, l)
	add(t, s, request(0, 0, 10, 5))
	step(t, s, 0)
	add(t, s, request(1, 0, 10, 5))
	batch, _ := step(t, s, 1)
	require.Zero(t, batch.Decodes, "the running request is held up by the new prompt")
	batch, _ = step(t, s, 2)
	require.Equal(t, 2, batch.Decodes)
}

func TestScheduler_Slots_BoundRunningRequests(t *testing.T) {
	t.Parallel()
	l := small()
	l.MaxNumSeqs = 2
	s := newScheduler(t, l)
	add(t, s, request(0, 0, 4, 1), request(1, 0, 4, 5), request(2, 0, 4, 5))
	step(t, s, 0)
	require.Equal(t, 1, s.Stats().Waiting)
	require.Equal(t, 1, s.Stats().Running, "the first has ended")
	step(t, s, 1)
	require.Zero(t, s.Stats().Waiting)
}

func TestScheduler_ReserveFullPrompt_AdmitsOnlyWhatFitsWhole(t *testing.T) {
	t.Parallel()
	for _, reserve := range []bool{true, false} {
		l := small()
		l.Blocks, l.MaxModelLen, l.ReserveFullPrompt = 16, 64, reserve
		s := newScheduler(t, l)
		add(t, s, request(0, 0, 20, 20), request(1, 0, 60, 1))
		step(t, s, 0)
		if reserve {
			require.Equal(t, 1, s.Stats().Waiting, "60 tokens do not fit beside 20 of 64")
		} else {
			require.Zero(t, s.Stats().Waiting, "its first chunk fits")
		}
	}
}

func TestScheduler_SharedPrefix_IsComputedOnceAndCounted(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, small())
	a, b, c := request(0, 12, 20, 4), request(1, 12, 20, 4), request(2, 10, 20, 4)
	add(t, s, a, b, c)
	batch, _ := step(t, s, 0)
	require.Equal(t, []perfmodel.Chunk{{New: 20}, {New: 8, Cached: 12}, {New: 4, Cached: 8}}, batch.Prefills,
		"full blocks only, already within the step that fills them, and within the budget")
	require.Equal(t, []int{0, 12, 8}, []int{a.Cached, b.Cached, c.Cached})
	stats := s.Stats()
	require.Equal(t, 60, stats.PrefixQueries)
	require.Equal(t, 20, stats.PrefixHits)
	require.Equal(t, 8, stats.Used, "5 blocks, then 2 and 1 of their own")
}

func TestScheduler_WholePromptCached_StillComputesOneToken(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, small())
	add(t, s, request(0, 16, 16, 1))
	step(t, s, 0)
	again := request(1, 16, 16, 1)
	add(t, s, again)
	batch, _ := step(t, s, 1)
	require.Equal(t, []perfmodel.Chunk{{New: 4, Cached: 12}}, batch.Prefills)
	require.Equal(t, 12, again.Cached)
}

func TestScheduler_AnswerSentBackInPrompt_IsFoundInCache(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, small())
	first := request(0, 0, 8, 9)
	first.Next = func(i int) sched.Token { return sched.Token(50_000 + i) }
	add(t, s, first)
	for range 9 {
		step(t, s, 0)
	}
	turn := &sched.Request{Prompt: slices.Clone(first.Prompt), Output: 1}
	for i := range 9 {
		turn.Prompt = append(turn.Prompt, first.Next(i))
	}
	turn.Prompt = append(turn.Prompt, 7, 8, 9)
	add(t, s, turn)
	step(t, s, 1)
	require.Equal(t, 16, turn.Cached, "the prompt and the 8 tokens of the answer that were computed")
}

func TestScheduler_PrefixCachingOff_SharesAndCountsNothing(t *testing.T) {
	t.Parallel()
	l := small()
	l.PrefixCaching = false
	s := newScheduler(t, l)
	add(t, s, request(0, 12, 12, 1))
	step(t, s, 0)
	add(t, s, request(1, 12, 12, 1))
	batch, _ := step(t, s, 1)
	require.Equal(t, []perfmodel.Chunk{{New: 12}}, batch.Prefills)
	require.Zero(t, s.Stats().PrefixQueries)
}

func TestScheduler_CachedBlocks_AreEvictedOldestFirst(t *testing.T) {
	t.Parallel()
	l := small()
	l.Blocks, l.MaxModelLen = 8, 32
	s := newScheduler(t, l)
	run := func(id int) int {
		r := request(id, 0, 12, 1)
		add(t, s, r)
		step(t, s, 0)
		return r.Cached
	}
	require.Equal(t, []int{0, 0, 0}, []int{run(1), run(2), run(3)})
	require.Equal(t, 8, run(3), "the latest is still there")
	require.Equal(t, 4, run(1), "the oldest made room, its end before its beginning")
}

func TestScheduler_BlocksRunOut_YoungestIsPreemptedAndFinishesLater(t *testing.T) {
	t.Parallel()
	l := small()
	l.Blocks, l.MaxModelLen = 10, 40
	s := newScheduler(t, l)
	old, young := request(0, 0, 12, 20), request(1, 0, 12, 20)
	add(t, s, old, young)
	tokens := map[*sched.Request]int{}
	var order []*sched.Request
	for now := 0.0; tokens[old]+tokens[young] < 40; now++ {
		_, out := step(t, s, now)
		for _, e := range out {
			require.Equal(t, tokens[e.Request], e.Index, "no token is lost or repeated")
			tokens[e.Request]++
			if e.Last {
				order = append(order, e.Request)
			}
		}
	}
	require.Equal(t, []*sched.Request{old, young}, order)
	require.Zero(t, old.Preemptions)
	require.Positive(t, young.Preemptions)
	require.Equal(t, young.Preemptions, s.Stats().Preemptions)
	require.Equal(t, 24, s.Stats().PrefixQueries, "a recomputation is not looked up again")
	require.Zero(t, s.Stats().Used)
}

func TestStats_Preemption_CountsTheTokensThatWereTakenBack(t *testing.T) {
	t.Parallel()
	l := small()
	l.Blocks, l.MaxModelLen = 8, 32
	s := newScheduler(t, l)
	add(t, s, request(0, 0, 15, 12), request(1, 0, 15, 12))
	for s.Stats().Preemptions == 0 {
		step(t, s, 0)
	}
	require.Equal(t, 15, s.Stats().PreemptedPrompt)
	require.Equal(t, 2, s.Stats().PreemptedOutput, "both answered once from their prompts and once more")
}

func TestScheduler_Abort_FreesBlocksWhereverTheRequestIs(t *testing.T) {
	t.Parallel()
	l := small()
	l.MaxNumSeqs = 1
	s := newScheduler(t, l)
	running, waiting := request(0, 0, 10, 5), request(1, 0, 10, 5)
	add(t, s, running, waiting)
	step(t, s, 0)
	require.True(t, s.Abort(waiting))
	_, ok := s.Schedule(1)
	require.True(t, ok)
	require.True(t, s.Abort(running), "while its step is under way")
	require.NoError(t, s.Audit())
	require.Empty(t, s.Complete(2), "no token for a request that is gone")
	require.Zero(t, s.Stats().Used)
	require.False(t, s.Abort(running), "it is not known any more")
	require.False(t, s.Abort(request(2, 0, 1, 1)), "it never was")
}

func TestScheduler_ResetPrefixCache_OnlyWhenIdle(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, small())
	add(t, s, request(0, 12, 12, 2))
	step(t, s, 0)
	require.False(t, s.ResetPrefixCache())
	step(t, s, 1)
	require.True(t, s.ResetPrefixCache())
	again := request(1, 12, 12, 1)
	add(t, s, again)
	step(t, s, 2)
	require.Zero(t, again.Cached)
}

func TestScheduler_ImpossibleRequests_AreRefused(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, small())
	require.ErrorIs(t, s.Add(request(0, 0, 100, 29)), sched.ErrTooLong)
	require.Error(t, s.Add(request(0, 0, 0, 1)))
	require.Error(t, s.Add(request(0, 0, 1, 0)))
	r := request(0, 0, 100, 28)
	require.NoError(t, s.Add(r))
	require.Error(t, s.Add(r), "twice")
}

func TestNew_LimitsUnderWhichARequestCouldNeverRun_AreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*sched.Limits){
		"cache below one request": func(l *sched.Limits) { l.Blocks = 31 },
		"no slots":                func(l *sched.Limits) { l.MaxNumSeqs = 0 },
		"no budget":               func(l *sched.Limits) { l.MaxNumBatchedTokens = 0 },
		"whole prompt over budget": func(l *sched.Limits) {
			l.ChunkedPrefill = false
		},
	} {
		l := small()
		change(&l)
		_, err := sched.New(l)
		require.Error(t, err, name)
	}
}
