package sched_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

func drawLimits(t *rapid.T) sched.Limits {
	l := sched.Limits{
		BlockSize:         rapid.SampledFrom([]int{1, 4, 16}).Draw(t, "block size"),
		MaxNumSeqs:        rapid.IntRange(1, 6).Draw(t, "slots"),
		MaxModelLen:       rapid.IntRange(8, 80).Draw(t, "model length"),
		ChunkedPrefill:    rapid.Bool().Draw(t, "chunked"),
		PrefixCaching:     rapid.Bool().Draw(t, "prefix caching"),
		ReserveFullPrompt: rapid.Bool().Draw(t, "reserve"),
		PrefillFirst:      rapid.Bool().Draw(t, "prefill first"),
	}
	least := (l.MaxModelLen + l.BlockSize - 1) / l.BlockSize
	l.Blocks = least + rapid.IntRange(0, 2*least).Draw(t, "spare blocks")
	l.MaxNumBatchedTokens = rapid.IntRange(1, 60).Draw(t, "budget")
	if !l.ChunkedPrefill {
		l.MaxNumBatchedTokens += l.MaxModelLen
	} else if rapid.Bool().Draw(t, "capped chunks") {
		l.LongPrefillThreshold = rapid.IntRange(1, 40).Draw(t, "chunk")
	}
	return l
}

func drawRequest(t *rapid.T, l sched.Limits, id int) *sched.Request {
	prompt := rapid.IntRange(1, l.MaxModelLen-1).Draw(t, "prompt")
	r := request(id, rapid.IntRange(0, prompt).Draw(t, "shared"), prompt, rapid.IntRange(1, l.MaxModelLen-prompt).Draw(t, "output"))
	if rapid.Bool().Draw(t, "known answer") {
		r.Next = func(i int) sched.Token { return sched.Token(i % 3) }
	}
	return r
}

// Whatever comes, in whatever order: the books balance after every step, no step
// exceeds the budget, every request that is not aborted gets all its tokens in
// order, and in the end no block is held.
func TestScheduler_AnyTraffic_KeepsItsInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := drawLimits(t)
		s, err := sched.New(limits)
		require.NoError(t, err)
		tokens := map[*sched.Request]int{}
		var open []*sched.Request
		id, now := 0, 0.0
		oneStep := func() bool {
			batch, ok := s.Schedule(now)
			computed := batch.Decodes
			for _, p := range batch.Prefills {
				require.Positive(t, p.New)
				computed += p.New
			}
			require.LessOrEqual(t, computed, limits.MaxNumBatchedTokens)
			require.Equal(t, ok, computed > 0)
			require.NoError(t, s.Audit())
			now++
			for _, e := range s.Complete(now) {
				require.Equal(t, tokens[e.Request], e.Index)
				tokens[e.Request]++
				require.Equal(t, e.Last, tokens[e.Request] == e.Request.Output)
				if e.Last {
					open = slices.DeleteFunc(open, func(r *sched.Request) bool { return r == e.Request })
				}
			}
			require.NoError(t, s.Audit())
			return ok
		}
		for range rapid.IntRange(1, 60).Draw(t, "actions") {
			switch action := rapid.IntRange(0, 9).Draw(t, "action"); {
			case action < 4:
				r := drawRequest(t, limits, id)
				id++
				require.NoError(t, s.Add(r))
				open = append(open, r)
			case action == 4 && len(open) > 0:
				i := rapid.IntRange(0, len(open)-1).Draw(t, "victim")
				require.True(t, s.Abort(open[i]))
				open = slices.Delete(open, i, i+1)
			default:
				oneStep()
			}
		}
		for len(open) > 0 {
			require.True(t, oneStep(), "requests wait and nothing runs")
		}
		require.Zero(t, s.Stats().Used)
		require.Zero(t, s.Stats().Running+s.Stats().Waiting)
		require.LessOrEqual(t, s.Stats().PrefixHits, s.Stats().PrefixQueries)
	})
}
