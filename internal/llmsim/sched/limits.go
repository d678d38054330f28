package sched

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// Limits are the settings that scheduling depends on.
type Limits struct {
	Blocks               int // of the KV cache
	BlockSize            int // tokens
	MaxNumSeqs           int // running requests
	MaxNumBatchedTokens  int // per step
	MaxModelLen          int // prompt and answer of one request, in tokens
	LongPrefillThreshold int // greatest chunk of one prompt in a step; 0: no limit
	ChunkedPrefill       bool
	PrefixCaching        bool
	// ReserveFullPrompt admits a request only when its whole prompt fits.
	ReserveFullPrompt bool
	// PrefillFirst is the policy before V1: whole prompts in steps of their own,
	// before any decode.
	PrefillFirst bool
}

// LimitsOf takes the limits that a configuration resolves to.
func LimitsOf(m perfmodel.Model) Limits {
	s := m.Settings()
	return Limits{
		Blocks: m.KVBlocks(), BlockSize: m.BlockSize(),
		MaxNumSeqs: s.MaxNumSeqs, MaxNumBatchedTokens: s.MaxNumBatchedTokens,
		MaxModelLen: s.MaxModelLen, LongPrefillThreshold: s.LongPrefillThreshold,
		ChunkedPrefill: s.ChunkedPrefill, PrefixCaching: s.PrefixCaching,
		ReserveFullPrompt: s.ReserveFullPrompt, PrefillFirst: s.PrefillFirst,
	}
}

// check refuses limits under which some request could never run.
func (l Limits) check() error {
	switch {
	case l.Blocks < 1 || l.BlockSize < 1 || l.MaxNumSeqs < 1 || l.MaxNumBatchedTokens < 1 || l.MaxModelLen < 1:
		return fmt.Errorf("scheduler limits must be positive: %+v", l)
	case l.Blocks*l.BlockSize < l.MaxModelLen:
		return fmt.Errorf("a KV cache of %d tokens cannot hold one request of max_model_len %d", l.Blocks*l.BlockSize, l.MaxModelLen)
	case !l.ChunkedPrefill && l.MaxNumBatchedTokens < l.MaxModelLen:
		return fmt.Errorf("max_num_batched_tokens %d is below max_model_len %d without chunked prefill", l.MaxNumBatchedTokens, l.MaxModelLen)
	}
	return nil
}

// chunk is how much of a prompt with the given number of tokens left may be
// computed in one step, apart from the budget.
func (l Limits) chunk(left int) int {
	if l.ChunkedPrefill && l.LongPrefillThreshold > 0 {
		return min(left, l.LongPrefillThreshold)
	}
	return left
}
