package sched_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

func policies() []perfmodel.Policy {
	return []perfmodel.Policy{perfmodel.PolicyVLLMV1, perfmodel.PolicyVLLMV0, perfmodel.PolicyTGI, perfmodel.PolicySGLang}
}

func drawLimits(t *rapid.T, policy perfmodel.Policy) sched.Limits {
	l := sched.Limits{
		Policy:            policy,
		BlockSize:         rapid.SampledFrom([]int{1, 4, 16}).Draw(t, "block size"),
		MaxNumSeqs:        rapid.IntRange(1, 6).Draw(t, "slots"),
		MaxModelLen:       rapid.IntRange(8, 80).Draw(t, "model length"),
		ChunkedPrefill:    rapid.Bool().Draw(t, "chunked"),
		PrefixCaching:     rapid.Bool().Draw(t, "prefix caching"),
		ReserveFullPrompt: rapid.Bool().Draw(t, "reserve"),
	}
	if rapid.Bool().Draw(t, "speculation") {
		l.Speculation = perfmodel.Speculation{Drafts: rapid.IntRange(1, 5).Draw(t, "drafts"), Acceptance: rapid.Float64Range(0, 1).Draw(t, "acceptance")}
	}
	least := (l.MaxModelLen + l.Speculation.Drafts + l.BlockSize - 1) / l.BlockSize
	l.Blocks = least + rapid.IntRange(0, 2*least).Draw(t, "spare blocks")
	l.MaxNumBatchedTokens = rapid.IntRange(l.BlockSize, 60).Draw(t, "budget")
	if !l.ChunkedPrefill {
		l.MaxNumBatchedTokens += l.MaxModelLen
	} else if rapid.Bool().Draw(t, "capped chunks") {
		l.LongPrefillThreshold = rapid.IntRange(1, 40).Draw(t, "chunk")
	}
	if rapid.Bool().Draw(t, "host cache") {
		l.HostBlocks = rapid.IntRange(1, 40).Draw(t, "host blocks")
	}
	l.TGI = perfmodel.TGISettings{
		WaitingServedRatio: rapid.Float64Range(0, 2).Draw(t, "ratio"), MaxWaitingTokens: rapid.IntRange(0, 30).Draw(t, "patience"),
		MaxBatchSize: rapid.IntRange(0, 6).Draw(t, "batch size"),
	}
	l.SGLang = perfmodel.SGLangSettings{
		MaxPrefillTokens: rapid.IntRange(0, 100).Draw(t, "prefill"), MixedChunk: rapid.Bool().Draw(t, "mixed"),
		Order:            rapid.SampledFrom([]string{perfmodel.OrderFCFS, perfmodel.OrderPrefix, perfmodel.OrderOutput}).Draw(t, "order"),
		Conservativeness: rapid.Float64Range(0.05, 2).Draw(t, "conservativeness"),
	}
	return l
}

func drawRequest(t *rapid.T, l sched.Limits, id int) *sched.Request {
	longest := min(l.MaxModelLen, l.Blocks*l.BlockSize) - 2 // SGLang keeps two tokens
	prompt := rapid.IntRange(1, longest-1).Draw(t, "prompt")
	r := request(id, rapid.IntRange(0, prompt).Draw(t, "shared"), prompt, rapid.IntRange(1, longest-prompt).Draw(t, "output"))
	r.MaxTokens = rapid.IntRange(0, longest-prompt).Draw(t, "asked")
	if rapid.Bool().Draw(t, "known answer") {
		r.Next = func(i int) sched.Token { return sched.Token(i % 3) }
	}
	return r
}

// budget is the most that a step of the policy may compute: for vLLM all tokens,
// for the others those of prompts (a prompt that is not cut may be longer, alone).
func keepsBudget(t require.TestingT, l sched.Limits, batch perfmodel.Batch) {
	prompts := 0
	for _, p := range batch.Prefills {
		require.Positive(t, p.New)
		prompts += p.New
	}
	switch {
	case l.Policy == perfmodel.PolicyVLLMV1 || l.Policy == perfmodel.PolicyVLLMV0:
		require.LessOrEqual(t, prompts+batch.Decodes+batch.DraftTokens, l.MaxNumBatchedTokens)
	case l.ChunkedPrefill || len(batch.Prefills) > 1:
		require.LessOrEqual(t, prompts, max(l.MaxNumBatchedTokens, l.SGLang.MaxPrefillTokens))
	}
	require.LessOrEqual(t, batch.Decodes+len(batch.Prefills), l.MaxNumSeqs)
}

// Whatever comes, in whatever order: the books balance after every step, no step
// exceeds the budget, every request that is not aborted gets all its tokens in
// order, and in the end no block is held.
func TestScheduler_AnyTraffic_KeepsItsInvariants(t *testing.T) {
	t.Parallel()
	for _, policy := range policies() {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { anyTraffic(t, drawLimits(t, policy)) })
		})
	}
}

// traffic is what is known of the requests of a run from outside.
type traffic struct {
	scheduler *sched.Scheduler
	limits    sched.Limits
	tokens    map[*sched.Request]int
	open      []*sched.Request
	now       float64
}

func (f *traffic) step(t *rapid.T) bool {
	batch, ok := f.scheduler.Schedule(f.now)
	keepsBudget(t, f.limits, batch)
	require.Equal(t, ok, batch.Decodes+len(batch.Prefills) > 0)
	require.NoError(t, f.scheduler.Audit())
	f.now++
	for _, e := range f.scheduler.Complete(f.now) {
		require.Equal(t, f.tokens[e.Request], e.Index)
		require.False(t, e.Accepted && e.GapSeconds != 0)
		f.tokens[e.Request]++
		require.Equal(t, e.Last, f.tokens[e.Request] == e.Request.Output)
		if e.Last {
			f.open = slices.DeleteFunc(f.open, func(r *sched.Request) bool { return r == e.Request })
		}
	}
	require.NoError(t, f.scheduler.Audit())
	return ok
}

func anyTraffic(t *rapid.T, limits sched.Limits) {
	s, err := sched.New(limits)
	require.NoError(t, err)
	f := traffic{scheduler: s, limits: limits, tokens: map[*sched.Request]int{}}
	for id := range rapid.IntRange(1, 60).Draw(t, "actions") {
		switch action := rapid.IntRange(0, 9).Draw(t, "action"); {
		case action < 4:
			r := drawRequest(t, limits, id)
			require.NoError(t, s.Add(r))
			f.open = append(f.open, r)
		case action == 4 && len(f.open) > 0:
			i := rapid.IntRange(0, len(f.open)-1).Draw(t, "victim")
			require.True(t, s.Abort(f.open[i]))
			f.open = slices.Delete(f.open, i, i+1)
		default:
			f.step(t)
		}
	}
	for left := 20_000; len(f.open) > 0; left-- {
		require.True(t, f.step(t), "requests wait and nothing runs")
		require.Positive(t, left, "some request does not come to its end")
	}
	stats := s.Stats()
	require.Zero(t, stats.Used+stats.Running+stats.Waiting+stats.Reserved)
	require.LessOrEqual(t, stats.PrefixHits+stats.HostHits, stats.PrefixQueries)
	require.LessOrEqual(t, stats.AcceptedTokens, stats.DraftTokens)
	if limits.Policy == perfmodel.PolicyTGI {
		require.Zero(t, stats.Preemptions)
	}
}
