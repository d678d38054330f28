package sched_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// speculating runs a request of 400 tokens under a policy and returns the steps
// that its answer took.
func speculating(t *testing.T, policy perfmodel.Policy, drafts int, acceptance float64) (int, sched.Stats) {
	t.Helper()
	l := small()
	l.Policy, l.Blocks, l.MaxModelLen, l.SGLang.Conservativeness = policy, 256, 600, 1
	if policy == perfmodel.PolicyVLLMV0 {
		l.ChunkedPrefill, l.MaxNumBatchedTokens = false, 600
	}
	l.Speculation = perfmodel.Speculation{Drafts: drafts, Acceptance: acceptance}
	s := newScheduler(t, l)
	r := request(0, 0, 8, 400)
	add(t, s, r)
	steps := 0
	for r.Generated < 400 {
		batch, out := step(t, s, float64(steps))
		require.LessOrEqual(t, len(out), 1+batch.DraftTokens)
		steps++
	}
	require.Zero(t, s.Stats().Used)
	return steps, s.Stats()
}

func TestSpeculation_Acceptance_DecidesHowManyStepsAnAnswerTakes(t *testing.T) {
	t.Parallel()
	for _, policy := range policies() {
		steps, stats := speculating(t, policy, 0, 0)
		require.Equal(t, 400, steps)
		require.Zero(t, stats.Drafts)
		steps, _ = speculating(t, policy, 3, 1)
		require.Equal(t, 101, steps, "a prompt, then four tokens a step")
		steps, stats = speculating(t, policy, 3, 0)
		require.Equal(t, 400, steps)
		require.Positive(t, stats.DraftTokens)
		require.Zero(t, stats.AcceptedTokens)

		steps, stats = speculating(t, policy, 3, 0.75)
		want := perfmodel.Speculation{Drafts: 3, Acceptance: 0.75}.TokensPerStep()
		require.InEpsilon(t, 400/want, float64(steps), 0.08)
		require.Equal(t, steps-1, stats.Drafts+400-stats.AcceptedTokens-1-stats.Drafts, "each step adds one token of its own")
		require.InDelta(t, 0.75, float64(stats.AcceptedAt[0])/float64(stats.Drafts), 0.08)
		require.Greater(t, stats.AcceptedAt[0], stats.AcceptedAt[1])
		require.Equal(t, stats.AcceptedTokens, stats.AcceptedAt[0]+stats.AcceptedAt[1]+stats.AcceptedAt[2])
	}
}

func TestSpeculation_Drafts_CountAgainstTheTokenBudget(t *testing.T) {
	t.Parallel()
	l := small()
	l.MaxNumBatchedTokens = 6
	l.Speculation = perfmodel.Speculation{Drafts: 3, Acceptance: 0.5}
	s := newScheduler(t, l)
	add(t, s, request(0, 0, 2, 50), request(1, 0, 2, 50), request(2, 0, 2, 50))
	step(t, s, 0)
	batch, _ := step(t, s, 1)
	require.Equal(t, 2, batch.Decodes, "four tokens, then two of the next")
	require.Equal(t, 4, batch.DraftTokens)
	require.Equal(t, 4, s.Stats().Last.Drafts)
}

func TestNew_MoreDraftsThanModelled_AreRefused(t *testing.T) {
	t.Parallel()
	l := small()
	l.Speculation.Drafts = perfmodel.MaxDrafts + 1
	_, err := sched.New(l)
	require.Error(t, err)
	l = small()
	l.Policy = "orca"
	_, err = sched.New(l)
	require.ErrorContains(t, err, "orca")
}
