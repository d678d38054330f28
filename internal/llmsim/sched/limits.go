package sched

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// Limits are the settings that scheduling depends on.
type Limits struct {
	// Policy is whose scheduler this is; "" is vLLM V1.
	Policy               perfmodel.Policy
	Blocks               int // of the KV cache
	HostBlocks           int // of the prefix cache in the host's memory; 0: none
	BlockSize            int // tokens
	MaxNumSeqs           int // running requests
	MaxNumBatchedTokens  int // per step; of prompts only in TGI and SGLang
	MaxModelLen          int // prompt and answer of one request, in tokens
	LongPrefillThreshold int // greatest chunk of one prompt in a step; 0: no limit
	ChunkedPrefill       bool
	PrefixCaching        bool
	// ReserveFullPrompt admits a request only when its whole prompt fits.
	ReserveFullPrompt bool
	// Watermark is the number of blocks that admission leaves free.
	Watermark int

	Speculation perfmodel.Speculation
	TGI         perfmodel.TGISettings
	SGLang      perfmodel.SGLangSettings
}

// LimitsOf takes the limits that a configuration resolves to.
func LimitsOf(m perfmodel.Model) Limits {
	s := m.Settings()
	return Limits{
		Policy: s.Policy,
		Blocks: m.KVBlocks(), HostBlocks: m.HostBlocks(), BlockSize: m.BlockSize(),
		MaxNumSeqs: s.MaxNumSeqs, MaxNumBatchedTokens: s.MaxNumBatchedTokens,
		MaxModelLen: s.MaxModelLen, LongPrefillThreshold: s.LongPrefillThreshold,
		ChunkedPrefill: s.ChunkedPrefill, PrefixCaching: s.PrefixCaching,
		ReserveFullPrompt: s.ReserveFullPrompt, Watermark: int(s.Watermark * float64(m.KVBlocks())),
		Speculation: s.Speculation, TGI: s.TGI, SGLang: s.SGLang,
	}
}

// check refuses limits under which some request could never run.
func (l Limits) check() error {
	vllm := l.Policy == "" || l.Policy == perfmodel.PolicyVLLMV1 || l.Policy == perfmodel.PolicyVLLMV0
	switch {
	case l.Blocks < 1 || l.BlockSize < 1 || l.MaxNumSeqs < 1 || l.MaxNumBatchedTokens < 1 || l.MaxModelLen < 1:
		return fmt.Errorf("scheduler limits must be positive: %+v", l)
	case l.Speculation.Drafts < 0 || l.Speculation.Drafts > perfmodel.MaxDrafts:
		return fmt.Errorf("%d drafted tokens are outside 0..%d", l.Speculation.Drafts, perfmodel.MaxDrafts)
	case l.Policy != perfmodel.PolicySGLang && l.tokens() < l.MaxModelLen:
		return fmt.Errorf("a KV cache of %d tokens cannot hold one request of max_model_len %d", l.tokens(), l.MaxModelLen)
	case l.Policy == perfmodel.PolicySGLang && min(l.MaxModelLen, l.tokens()) < 3:
		return fmt.Errorf("a KV cache of %d tokens cannot hold a request", l.tokens())
	case l.Policy == perfmodel.PolicySGLang && l.ChunkedPrefill && l.MaxNumBatchedTokens < l.BlockSize:
		return fmt.Errorf("a chunk of %d tokens is below the page size %d", l.MaxNumBatchedTokens, l.BlockSize)
	case vllm && !l.ChunkedPrefill && l.MaxNumBatchedTokens < l.MaxModelLen:
		return fmt.Errorf("max_num_batched_tokens %d is below max_model_len %d without chunked prefill", l.MaxNumBatchedTokens, l.MaxModelLen)
	case vllm && l.Blocks-l.Watermark < blocksFor(l.MaxModelLen, l.BlockSize):
		return fmt.Errorf("a watermark of %d of %d blocks leaves no room for one request", l.Watermark, l.Blocks)
	}
	return nil
}

// tokens is the size of the KV cache.
func (l Limits) tokens() int { return l.Blocks * l.BlockSize }

// chunk is how much of a prompt with the given number of tokens left may be
// computed in one step, apart from the budget.
func (l Limits) chunk(left int) int {
	if l.ChunkedPrefill && l.LongPrefillThreshold > 0 {
		return min(left, l.LongPrefillThreshold)
	}
	return left
}
