package sched_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// smallTGI has room for 256 tokens and chunked prompts of 32.
func smallTGI() sched.Limits {
	l := small()
	l.Policy, l.ReserveFullPrompt = perfmodel.PolicyTGI, false
	return l
}

// paged is TGI without chunked prefill.
func paged() sched.Limits {
	l := smallTGI()
	l.ChunkedPrefill, l.PrefixCaching, l.MaxNumBatchedTokens = false, false, 64
	l.TGI.MaxWaitingTokens, l.TGI.WaitingServedRatio = 20, 0.3
	return l
}

// asking makes a request that asks for more tokens than its answer will have.
func asking(id, prompt, output, maxTokens int) *sched.Request {
	r := request(id, 0, prompt, output)
	r.MaxTokens = maxTokens
	return r
}

func TestTGI_Admission_ReservesAllThatIsAskedFor(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, smallTGI())
	add(t, s, asking(0, 10, 2, 100), asking(1, 10, 2, 100), asking(2, 10, 2, 100))
	step(t, s, 0)
	stats := s.Stats()
	require.Equal(t, 2, stats.Running, "a third reservation of 110 tokens exceeds 256")
	require.Equal(t, 224, stats.Reserved, "28 blocks of 4 tokens each")
	require.Equal(t, 56, stats.Used)
	step(t, s, 1)
	require.Zero(t, s.Stats().Running, "an early end frees the whole reservation")
	step(t, s, 2)
	require.Zero(t, s.Stats().Waiting)
}

func TestTGI_ClientsThatAskForLess_RunTogether(t *testing.T) {
	t.Parallel()
	together := func(asked int) int {
		s := newScheduler(t, smallTGI())
		for i := range 8 {
			add(t, s, asking(i, 4, 2, asked))
		}
		step(t, s, 0)
		return s.Stats().Running
	}
	require.Equal(t, 8, together(2))
	require.Equal(t, 2, together(100))
}

func TestTGI_ConcurrentRequests_AboveTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	l := smallTGI()
	l.TGI.MaxConcurrentRequests = 2
	s := newScheduler(t, l)
	first := request(0, 0, 4, 1)
	add(t, s, first, request(1, 0, 4, 5))
	late := request(2, 0, 4, 1)
	require.ErrorIs(t, s.Add(late), sched.ErrOverloaded)
	require.Equal(t, 1, s.Stats().Overloaded)
	step(t, s, 0) // the first has ended
	require.NoError(t, s.Add(late))
}

func TestTGI_Lengths_AreValidated(t *testing.T) {
	t.Parallel()
	l := smallTGI()
	l.TGI.MaxInputTokens = 50
	s := newScheduler(t, l)
	require.ErrorIs(t, s.Add(request(0, 0, 51, 1)), sched.ErrTooLong)
	require.ErrorIs(t, s.Add(asking(0, 50, 1, 79)), sched.ErrTooLong, "what is asked for counts, not the answer")
	require.NoError(t, s.Add(asking(0, 50, 1, 78)))
}

func TestTGI_ChunkedPrefill_ComputesPromptsBesideDecodes(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, smallTGI())
	add(t, s, request(0, 0, 4, 9))
	step(t, s, 0)
	add(t, s, request(1, 0, 60, 2))
	batch, out := step(t, s, 1)
	require.Equal(t, perfmodel.Batch{Decodes: 1, DecodeContextTokens: 5, Prefills: []perfmodel.Chunk{{New: 31}}}, batch)
	require.Len(t, out, 1, "the running request is not held up")
	require.Equal(t, sched.JoinedByChunking, s.Stats().Last.Joined)
	batch, _ = step(t, s, 2)
	require.Equal(t, []perfmodel.Chunk{{New: 29, Cached: 31}}, batch.Prefills)
}

func TestTGI_WithoutChunks_PrefillPausesDecoding(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, paged())
	add(t, s, request(0, 0, 10, 9))
	step(t, s, 0)
	add(t, s, request(1, 0, 10, 9), request(2, 0, 10, 9))
	batch, _ := step(t, s, 1)
	require.Equal(t, 1, batch.Decodes, "a decode follows each prefill")
	batch, out := step(t, s, 2)
	require.Zero(t, batch.Decodes)
	require.Equal(t, []perfmodel.Chunk{{New: 10}, {New: 10}}, batch.Prefills)
	require.Len(t, out, 2, "the first request gets no token in this step")
	require.Equal(t, sched.JoinedByPressure, s.Stats().Last.Joined)
}

// waited is the number of decode steps until a request joins a batch of eight.
func waited(t *testing.T, l sched.Limits, waiting int) int {
	t.Helper()
	l.MaxNumSeqs, l.Blocks = 32, 256
	s := newScheduler(t, l)
	for i := range 8 {
		add(t, s, request(i, 0, 4, 40))
	}
	step(t, s, 0)
	for i := range waiting {
		add(t, s, request(10+i, 0, 4, 4))
	}
	for n := 1; ; n++ {
		step(t, s, 0)
		if s.Stats().Last.Admitted > 0 {
			return n
		}
	}
}

func TestTGI_SchedulingFlags_ActAsDocumented(t *testing.T) {
	t.Parallel()
	ratio := func(r float64) sched.Limits {
		l := paged()
		l.TGI.WaitingServedRatio = r
		return l
	}
	patience := func(n int) sched.Limits {
		l := ratio(10)
		l.TGI.MaxWaitingTokens = n
		return l
	}
	require.Equal(t, 2, waited(t, ratio(0.3), 2), "two wait, a third of eight is enough")
	require.Equal(t, 21, waited(t, ratio(0.5), 2), "half of eight is not: only patience ends the wait")
	require.Equal(t, 2, waited(t, ratio(0.5), 4))
	require.Equal(t, 6, waited(t, patience(5), 2), "max-waiting-tokens forces the prefill")
	require.Equal(t, 31, waited(t, patience(30), 2))
	chunked := ratio(10)
	chunked.ChunkedPrefill = true
	require.Equal(t, 1, waited(t, chunked, 1), "both are ignored with chunked prefill")
}

func TestTGI_BatchLimits_BoundThePrefillAndTheBatch(t *testing.T) {
	t.Parallel()
	first := func(change func(*sched.Limits)) int {
		l := paged()
		l.TGI.MaxBatchSize = 0
		change(&l)
		s := newScheduler(t, l)
		for i := range 6 {
			add(t, s, request(i, 0, 16, 4))
		}
		batch, _ := step(t, s, 0)
		return len(batch.Prefills)
	}
	require.Equal(t, 4, first(func(*sched.Limits) {}), "64 tokens of prompts")
	require.Equal(t, 2, first(func(l *sched.Limits) { l.MaxNumBatchedTokens = 32 }))
	require.Equal(t, 3, first(func(l *sched.Limits) { l.TGI.MaxBatchSize = 3 }))
	require.Equal(t, 1, first(func(l *sched.Limits) { l.Blocks, l.MaxModelLen = 8, 32 }), "max-batch-total-tokens: memory for one")
}

func TestTGI_PrefixCache_HoldsPromptsOfEndedRequests(t *testing.T) {
	t.Parallel()
	s := newScheduler(t, smallTGI())
	a, b := request(0, 12, 16, 2), request(1, 12, 16, 2)
	add(t, s, a, b)
	step(t, s, 0)
	require.Zero(t, b.Cached, "nothing can be shared before the first request ends")
	step(t, s, 1)
	c := request(2, 12, 16, 2)
	add(t, s, c)
	step(t, s, 2)
	require.Equal(t, 12, c.Cached)
}
