package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// vllmSpeculation is there only when tokens are guessed.
type vllmSpeculation struct {
	drafts, draftTokens, accepted, acceptedAt *prometheus.CounterVec
}

func newVLLMSpeculation(s series) vllmSpeculation {
	return vllmSpeculation{
		drafts:      s.laterCounter("vllm:spec_decode_num_drafts_total", "Number of spec decoding drafts."),
		draftTokens: s.laterCounter("vllm:spec_decode_num_draft_tokens_total", "Number of draft tokens."),
		accepted:    s.laterCounter("vllm:spec_decode_num_accepted_tokens_total", "Number of accepted tokens."),
		acceptedAt:  s.laterCounter("vllm:spec_decode_num_accepted_tokens_per_pos_total", "Accepted tokens per draft position.", "position"),
	}
}

func (m vllmSpeculation) step(now, before sched.Stats) {
	drafts, tokens := now.Drafts-before.Drafts, now.DraftTokens-before.DraftTokens
	if drafts == 0 {
		return
	}
	m.drafts.WithLabelValues().Add(float64(drafts))
	m.draftTokens.WithLabelValues().Add(float64(tokens))
	m.accepted.WithLabelValues().Add(float64(now.AcceptedTokens - before.AcceptedTokens))
	for i := range min(tokens/drafts, len(now.AcceptedAt)) {
		m.acceptedAt.WithLabelValues(strconv.Itoa(i)).Add(float64(now.AcceptedAt[i] - before.AcceptedAt[i]))
	}
}
